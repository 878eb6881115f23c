/** Fields whose keys are chosen by an agent or a person: they are not renamed. */
const OPAQUE = new Set([
  'args',
  'response',
  'state',
  'stateDelta',
  'finalSessionState',
  'parameters',
  'customMetadata',
  'criteria',
  'customMetrics',
]);

const toCamel = (key: string): string =>
  key.replaceAll(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
const toSnake = (key: string): string => key.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);

/**
 * google-adk accepts both spellings of its fields and writes files in snake_case; we read both and work in camelCase.
 */
export const toCamelKeys = (value: unknown): unknown => withKeys(value, toCamel);
/** The spelling of google-adk's files. */
export const toSnakeKeys = (value: unknown): unknown => withKeys(value, toSnake);

function withKeys(value: unknown, change: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => withKeys(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      change(key),
      OPAQUE.has(toCamel(key)) ? item : withKeys(item, change),
    ]),
  );
}
