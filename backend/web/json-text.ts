import { AppError } from '../errors/app-error.ts';
import { afterLargeStep } from '../json/large.ts';
import { endOfString, parseJson } from '../json/parse-json.ts';

/** Deepest accepted nesting of arrays and objects: parsers and stores downstream recurse. */
const MAX_NESTING = 64;

/**
 * Most values (members of objects and arrays) in one body. A value can be written in two bytes but costs many times
 * that, so a byte limit bounds neither memory nor time.
 */
const MAX_VALUES = 50_000;

/** Whether a Content-Type is JSON or a JSON-based format. */
export function isJson(contentType: string | null): boolean {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^application\/(?:json|[^/]+\+json)$/.test(mediaType);
}

/** A body that is not JSON; each API has its own response for it. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  readonly why: 'encoding' | 'nesting' | 'syntax';

  constructor(why: UnreadableBody['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** Decodes a body. Throws UnreadableBody. */
export async function decodeBody(bytes: Uint8Array): Promise<string> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableBody('encoding', 'The body is not valid UTF-8');
  }
  await afterLargeStep(text.length);
  return text;
}

/** Parses a body's text. Throws UnreadableBody, and BODY_TOO_LARGE for too many values. */
export async function parseBody(text: string): Promise<unknown> {
  const excess = excessOf(text);
  if (excess === 'nesting')
    throw new UnreadableBody('nesting', `Arrays and objects are nested more than ${MAX_NESTING} deep`);
  if (excess === 'values')
    throw new AppError('BODY_TOO_LARGE', `The request body has more than ${MAX_VALUES} values.`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.replace(/^JSON Parse error: /, '') : '';
    throw new UnreadableBody('syntax', reason.slice(0, 200) || 'Invalid JSON');
  }
  await afterLargeStep(text.length);
  return value;
}

/**
 * Why a JSON text must not be parsed: it is nested deeper than MAX_NESTING or has more than MAX_VALUES values. One
 * pass, no recursion, no allocation; the text need not be valid.
 */
function excessOf(text: string): 'nesting' | 'values' | undefined {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    // Skip strings as a whole: a file inside a body is one string of millions of characters.
    if (char === 0x22 /* " */) i = endOfString(text, i);
    else if (char === 0x7b /* { */ || char === 0x5b /* [ */) {
      if (++depth > MAX_NESTING) return 'nesting';
      if (++values > MAX_VALUES) return 'values';
    } else if (char === 0x2c /* , */) {
      if (++values > MAX_VALUES) return 'values';
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return undefined;
}
