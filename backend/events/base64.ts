/** Converts either base64 alphabet to URL-safe, as Python prints bytes: `-` and `_`, padding kept. */
export function toUrlSafeBase64(base64: string): string {
  return pad(base64.replaceAll('+', '-').replaceAll('/', '_'));
}

/** Converts either base64 alphabet to standard, as Gemini's API and @google/adk expect. */
export function toStandardBase64(base64: string): string {
  return pad(base64.replaceAll('-', '+').replaceAll('_', '/'));
}

function pad(base64: string): string {
  const missing = base64.length % 4;
  return missing === 0 ? base64 : base64 + '='.repeat(4 - missing);
}
