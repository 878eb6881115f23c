/**
 * The trace context (W3C) of a person's click: the service's spans of the turn are below it, on every cloud that takes
 * part. https://www.w3.org/TR/trace-context/
 */
export function newTraceparent(): string {
  return `00-${hex(16)}-${hex(8)}-01`;
}

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
