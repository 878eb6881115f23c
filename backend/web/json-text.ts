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

/** `content`: it is JSON, but something in it cannot be kept. */
type WhyUnreadable = 'encoding' | 'syntax' | 'content';

/** A body that cannot be read as JSON; each API has its own response for it. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  readonly why: WhyUnreadable;

  constructor(why: WhyUnreadable, message: string) {
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
    throw new UnreadableBody('content', `Arrays and objects are nested more than ${MAX_NESTING} deep`);
  if (excess === 'values')
    throw new AppError('BODY_TOO_LARGE', `The request body has more than ${MAX_VALUES} values.`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableBody('content', error.message);
    const reason = error instanceof SyntaxError ? error.message.replace(/^JSON Parse error: /, '') : '';
    throw new UnreadableBody('syntax', reason.slice(0, 200) || 'Invalid JSON');
  }
  if (MAY_HAVE_PROTO.test(text) && hasProto(value))
    throw new UnreadableBody('content', 'No object may have the key __proto__');
  await afterLargeStep(text.length);
  return value;
}

/** The word may be written with escapes. */
const MAY_HAVE_PROTO = /__proto__|\\u00[5-7]/;

/** Whether `__proto__` is a key anywhere in a value. Schemas and SDKs drop that key silently. */
function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto);
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
