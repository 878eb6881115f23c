/** Characters of all texts in a JSON value, keys too: about the length of its JSON. Recurses, so only for bounded depth. */
export function charsOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const [key, inner] of Object.entries(value)) sum += key.length + charsOf(inner);
  return sum;
}
