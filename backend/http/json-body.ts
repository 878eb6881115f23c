import { ValidationError, type ValidationIssue } from '../errors/validation-error.ts';
import { readBody, type BodyLimits } from './read-body.ts';

/** Deepest nesting of arrays and objects that is accepted: parsers and stores downstream recurse. */
const MAX_NESTING = 64;

/**
 * The request's JSON, undefined for an empty body. As FastAPI does it, a body that is not declared as JSON
 * is a string, so that the route's schema refuses it by type.
 */
export async function readJsonBody(request: Request, limits: BodyLimits): Promise<unknown> {
  const bytes = await readBody(request, limits);
  if (bytes.byteLength === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson(0, 'The body is not valid UTF-8');
  }
  if (!isJson(request.headers.get('content-type'))) return text;
  if (nestingExceeds(text, MAX_NESTING)) {
    throw invalidJson(0, `Arrays and objects are nested more than ${MAX_NESTING} deep`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidJson(0, error instanceof SyntaxError ? plainReason(error) : 'Invalid JSON');
  }
}

function isJson(contentType: string | null): boolean {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^application\/(?:json|[^/]+\+json)$/.test(mediaType);
}

/** Whether brackets outside strings ever stand deeper than the limit; one pass, no recursion. */
function nestingExceeds(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    // Strings are skipped whole: a file inside a body is one string of millions of characters.
    if (char === 0x22 /* " */) i = endOfString(text, i);
    else if (char === 0x7b /* { */ || char === 0x5b /* [ */) {
      if (++depth > limit) return true;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}

/** Where the string that begins at `start` ends: the index of its closing quote, or of the text's end. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === 0x5c /* \ */) backslashes++;
  return backslashes % 2 === 1;
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
