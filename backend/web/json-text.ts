import { endOfString } from '../json/parse-json.ts';

/** Deepest nesting of arrays and objects that is accepted: parsers and stores downstream recurse. */
export const MAX_NESTING = 64;

/**
 * Most values (members of objects and arrays) in one body. A value costs many times the two bytes that it may be written
 * in, and each is looked at, so bytes alone bound neither memory nor time.
 */
export const MAX_VALUES = 50_000;

/** Whether a Content-Type is JSON or based on it. */
export function isJson(contentType: string | null): boolean {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^application\/(?:json|[^/]+\+json)$/.test(mediaType);
}

/**
 * Why a JSON text is not to be parsed: it is nested deeper than MAX_NESTING or has more than MAX_VALUES values. One pass,
 * no recursion, nothing kept; the text need not be valid.
 */
export function excessOf(text: string): 'nesting' | 'values' | undefined {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    // Strings are skipped whole: a file inside a body is one string of millions of characters.
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
