/**
 * The characters of all strings and keys in a JSON value, about the length of its JSON. Recursive: only for bounded
 * depth.
 */
export function charsOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  // Not Object.entries, which makes an array for each member.
  for (const key of Object.keys(value)) sum += key.length + charsOf((value as Record<string, unknown>)[key]);
  return sum;
}
