/** Part of JavaScript that TypeScript does not know yet: https://github.com/tc39/proposal-json-parse-with-source */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

const LONG_INTEGER = /^-?\d{16,}$/;
const HAS_LONG_INTEGER = /\d{16}/;

/** JSON.parse for values that are only repeated: a large integer is printed with its original digits. */
export function parseExactly(text: string): unknown {
  // A reviver takes several times as long.
  if (!HAS_LONG_INTEGER.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && LONG_INTEGER.test(source ?? '') ? json.rawJSON(source ?? '') : value,
  );
}
