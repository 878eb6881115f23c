import { ValidationError, type ValidationIssue } from '../errors/validation-error.ts';
import type { Held } from '../identity/limits/byte-budget.ts';
import { decodeBody, isJson, parseBody, UnreadableBody } from '../web/json-text.ts';
import { readBody, type BodyLimits } from '../web/read-body.ts';

/**
 * The request's JSON, undefined for an empty body. As FastAPI does it, a body that is not declared as JSON
 * is a string, so that the route's schema refuses it by type.
 */
export async function readJsonBody(request: Request, limits: BodyLimits, held: Held): Promise<unknown> {
  try {
    const text = await decodeBody(await readBody(request, limits, held));
    if (text === '') return undefined;
    return isJson(request.headers.get('content-type')) ? await parseBody(text) : text;
  } catch (error) {
    if (error instanceof UnreadableBody) throw invalidJson(0, error.message);
    throw error;
  }
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
