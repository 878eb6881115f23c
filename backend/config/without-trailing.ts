/** Removes all trailing occurrences of `char`. Linear time; `/x+$/` is not, as it rescans every run of x. */
export function withoutTrailing(text: string, char: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === char) end--;
  return text.slice(0, end);
}
