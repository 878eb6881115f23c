import { z } from 'zod';

/**
 * Building blocks for schemas that accept what Python ADK's models accept:
 * camelCase or snake_case keys, null for what may be left out, and pydantic's lenient booleans and numbers.
 * The parsed form is camelCase, without nulls.
 */

type Shape = Record<string, z.ZodType>;

export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Renames the known snake_case keys of one object; when both spellings are there, camelCase wins as in pydantic. */
function camelKeys(known: ReadonlyMap<string, string>) {
  return (value: unknown): unknown => {
    if (!isRecord(value)) return value;
    let renamed: Record<string, unknown> | undefined;
    for (const [snake, camel] of known) {
      if (!(snake in value) || camel in value) continue;
      renamed ??= { ...value };
      renamed[camel] = renamed[snake];
      delete renamed[snake];
    }
    return renamed ?? value;
  };
}

function knownKeys(shape: Shape): ReadonlyMap<string, string> {
  return new Map(
    Object.keys(shape)
      .map((camel) => [toSnakeCase(camel), camel] as const)
      .filter(([snake, camel]) => snake !== camel),
  );
}

/** An object of the wire whose unknown keys are dropped. */
export function wireObject<T extends Shape>(shape: T) {
  return z.preprocess(camelKeys(knownKeys(shape)), z.object(shape));
}

/** An object of the wire whose unknown keys are refused, as google.genai's types do. */
export function strictWireObject<T extends Shape>(shape: T) {
  return z.preprocess(camelKeys(knownKeys(shape)), z.strictObject(shape));
}

/** May be left out or null; both are undefined afterwards. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

export const wireRecord = z.record(z.string(), z.unknown());

const TRUE_WORDS = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'n', 'off', 'f']);

/** pydantic's lenient boolean: words and 0/1 are read, anything else is bool_parsing or bool_type. */
export const wireBoolean = z.preprocess((value, ctx) => {
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === 0) return value === 1;
  if (typeof value === 'string') {
    const word = value.toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    if (FALSE_WORDS.has(word)) return false;
  }
  if (typeof value === 'string' || typeof value === 'number') {
    ctx.addIssue({
      code: 'custom',
      input: value,
      message: 'Input should be a valid boolean, unable to interpret input',
      params: { pydanticType: 'bool_parsing' },
    });
    return z.NEVER;
  }
  return value;
}, z.boolean());

/** A whole number, also written as text, as in query strings. */
export const wireInt = z.preprocess((value, ctx) => {
  if (typeof value === 'string') {
    if (/^\s*[+-]?\d+\s*$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
    ctx.addIssue({
      code: 'custom',
      input: value,
      message: 'Input should be a valid integer, unable to parse string as an integer',
      params: { pydanticType: 'int_parsing' },
    });
    return z.NEVER;
  }
  return value;
}, z.int());

/** Bytes as base64, standard or URL-safe alphabet, padding optional; afterwards standard base64 with padding. */
export const wireBase64 = z.preprocess((value, ctx) => {
  if (typeof value === 'string') return value;
  ctx.addIssue({
    code: 'custom',
    input: value,
    message: 'Input should be a valid bytes',
    params: { pydanticType: 'bytes_type' },
  });
  return z.NEVER;
}, z.string().transform(toStandardAlphabet));

function toStandardAlphabet(text: string, ctx: z.RefinementCtx): string {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  const wrong = standard.search(/[^A-Za-z0-9+/]/);
  if (wrong >= 0 || standard.length % 4 === 1) {
    const reason =
      wrong >= 0
        ? `Invalid symbol ${standard.charCodeAt(wrong)}, offset ${wrong}.`
        : `Invalid input length: ${text.length}`;
    ctx.addIssue({
      code: 'custom',
      input: text,
      message: `Data should be valid base64: ${reason}`,
      params: {
        pydanticType: 'bytes_invalid_encoding',
        context: { encoding: 'base64', encoding_error: reason },
      },
    });
    return z.NEVER;
  }
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
}
