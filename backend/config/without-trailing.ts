/** The text without any of this character at its end. In linear time, which `/x+$/` is not: it scans every run of x anew. */
export function withoutTrailing(text: string, char: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === char) end--;
  return text.slice(0, end);
}
