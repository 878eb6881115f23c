/** Reads a key from untrusted input: `constructor` and `__proto__` are keys like any other. */
export function own<T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
