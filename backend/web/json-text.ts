/** Deepest nesting of arrays and objects that is accepted: parsers and stores downstream recurse. */
export const MAX_NESTING = 64;

/** Whether a Content-Type is JSON or based on it. */
export function isJson(contentType: string | null): boolean {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^application\/(?:json|[^/]+\+json)$/.test(mediaType);
}

/** Whether brackets outside strings ever stand deeper than the limit; one pass, no recursion. */
export function nestingExceeds(text: string, limit: number): boolean {
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
