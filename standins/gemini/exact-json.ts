/** What JavaScript has and TypeScript does not know yet: https://github.com/tc39/proposal-json-parse-with-source */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

const LONG_INTEGER = /^-?\d{16,}$/;

/** JSON.parse for what is only repeated: an integer that a double may not hold is printed with the digits it had. */
export function parseExactly(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && LONG_INTEGER.test(source ?? '') ? json.rawJSON(source ?? '') : value,
  );
}
