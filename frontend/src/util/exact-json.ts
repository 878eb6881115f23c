/** Part of browsers that TypeScript does not know yet: https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON?(text: string): unknown;
  isRawJSON?(value: unknown): value is { rawJSON: string };
};

/** An integer that a JavaScript number may not represent exactly. */
const LONG_INTEGER = /^-?\d{16,}$/;
const MAY_HOLD_ONE = /[\s:,[-]\d{16}/;

/**
 * JSON.parse that keeps the digits of long integers: JSON.stringify shows and sends them unchanged. A browser without
 * JSON.rawJSON rounds them.
 */
export function parseExactly(text: string): unknown {
  if (!json.rawJSON || !MAY_HOLD_ONE.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, context) => {
    const source = context?.source ?? '';
    return typeof value === 'number' && LONG_INTEGER.test(source) ? json.rawJSON?.(source) : value;
  });
}

/** The digits of a long integer from parseExactly; undefined for any other value. */
export function digitsOf(value: unknown): string | undefined {
  return json.isRawJSON?.(value) ? value.rawJSON : undefined;
}
