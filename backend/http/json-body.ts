import { ValidationError, type ValidationIssue } from '../errors/validation-error.ts';
import type { Held } from '../identity/limits/byte-budget.ts';
import { decodeBody, isJson, parseBody, UnreadableBody } from '../web/json-text.ts';
import { readBody, type BodyLimits } from '../web/read-body.ts';

/**
 * The request's JSON; undefined for an empty body. As in FastAPI, a body without a JSON content type is read as a
 * string, which the route's schema then refuses.
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
