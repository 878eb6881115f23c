import { parseJson } from '../json/parse-json.ts';
import { ValidationError, type ValidationIssue } from '../errors/validation-error.ts';
import { AppError } from '../errors/app-error.ts';
import { excessOf, isJson, MAX_NESTING, MAX_VALUES } from '../web/json-text.ts';
import type { Held } from '../identity/limits/byte-budget.ts';
import { readBody, type BodyLimits } from '../web/read-body.ts';

/**
 * The request's JSON, undefined for an empty body. As FastAPI does it, a body that is not declared as JSON
 * is a string, so that the route's schema refuses it by type.
 */
export async function readJsonBody(request: Request, limits: BodyLimits, held: Held): Promise<unknown> {
  const bytes = await readBody(request, limits, held);
  if (bytes.byteLength === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson(0, 'The body is not valid UTF-8');
  }
  if (!isJson(request.headers.get('content-type'))) return text;
  const excess = excessOf(text);
  if (excess === 'nesting')
    throw invalidJson(0, `Arrays and objects are nested more than ${MAX_NESTING} deep`);
  if (excess === 'values')
    throw new AppError('BODY_TOO_LARGE', `The request body has more than ${MAX_VALUES} values.`);
  try {
    return parseJson(text);
  } catch (error) {
    throw invalidJson(0, error instanceof SyntaxError ? plainReason(error) : 'Invalid JSON');
  }
}

function plainReason(error: SyntaxError): string {
  return error.message.replace(/^JSON Parse error: /, '').slice(0, 200);
}

function invalidJson(position: number, reason: string): ValidationError {
  const issue: ValidationIssue = {
    type: 'json_invalid',
    loc: ['body', position],
    msg: 'JSON decode error',
    input: {},
    ctx: { error: reason },
  };
  return new ValidationError([issue]);
}
