import { z } from 'zod';
import { withoutTrailing } from '../../config/without-trailing.ts';

/**
 * Building blocks for schemas that accept what Python ADK's models accept: camelCase or snake_case keys, null for
 * optional fields, pydantic's lenient booleans and numbers. The parsed form is camelCase, without nulls.
 */

type Shape = Record<string, z.ZodType>;

export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Renames known snake_case keys of an object and removes nulls of optional fields; if both spellings are present,
 * camelCase wins, as in pydantic.
 */
function toShape(shape: Shape) {
  const camelOf = new Map(Object.keys(shape).map((camel) => [toSnakeCase(camel), camel]));
  const mayBeNull = new Set(Object.keys(shape).filter((key) => shape[key] instanceof z.ZodOptional));
  return (value: unknown): unknown => {
    if (!isRecord(value)) return value;
    let shaped: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const camel = camelOf.get(key) ?? key;
      const isLeftOut = value[key] === null && mayBeNull.has(camel);
      if ((camel === key && !isLeftOut) || (camel !== key && camel in value)) continue;
      shaped ??= { ...value };
      delete shaped[key];
      if (!isLeftOut) shaped[camel] = value[key];
    }
    return shaped ?? value;
  };
}

/** An object that drops unknown keys. */
export function wireObject<T extends Shape>(shape: T) {
  return z.preprocess(toShape(shape), z.object(shape));
}

/** An object that refuses unknown keys, as google.genai's types do. */
export function strictWireObject<T extends Shape>(shape: T) {
  return z.preprocess(toShape(shape), z.strictObject(shape));
}

/**
 * An optional key, which may also be null; both become undefined. The object removes the nulls (see toShape): doing so
 * in each field made every field of every part a pipeline of three schemas, mostly for nothing.
 */
export function optional<T extends z.ZodType>(schema: T): z.ZodOptional<T> {
  return schema.nullable().optional() as unknown as z.ZodOptional<T>;
}

/** Most issues of a request that are collected and reported. */
export const MAX_ISSUES = 50;

/**
 * An array. Zod's own would check every member: millions of invalid ones would each become an issue, though only
 * MAX_ISSUES are reported.
 */
export function wireArray<T extends z.ZodType>(item: T): z.ZodArray<T> {
  const schema = z.array(item);
  const { _zod: internals } = schema;
  const parseList: typeof internals.parse = (payload, context) => {
    const { value, issues } = payload as { value: unknown; issues: z.core.$ZodRawIssue[] };
    if (!Array.isArray(value)) {
      issues.push({ code: 'invalid_type', expected: 'array', input: value, inst: schema });
      return payload;
    }
    const parsed: unknown[] = [];
    payload.value = parsed as typeof payload.value;
    for (let index = 0; index < value.length; index++) {
      const result = item._zod.run({ value: value[index], issues: [] }, context);
      if (result instanceof Promise) throw new z.core.$ZodAsyncError();
      if (result.issues.length > 0) issues.push(...z.core.util.prefixIssues(index, result.issues));
      if (issues.length >= MAX_ISSUES) break;
      parsed.push(result.value);
    }
    return payload;
  };
  internals.parse = parseList;
  internals.run = parseList;
  return schema;
}

export const wireRecord = z.record(z.string(), z.unknown());

const TRUE_WORDS = new Set(['true', '1', 'yes', 'y', 'on', 't']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'n', 'off', 'f']);

/** pydantic's lenient boolean: accepts words and 0/1; anything else is bool_parsing or bool_type. */
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

/** A whole number, or its text form, as in query strings. */
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

/** A page size; lists use a default if there is none. */
export const wirePageSize = wireInt.refine((value) => value >= 1, {
  error: 'Input should be greater than or equal to 1',
  params: { pydanticType: 'greater_than_equal', context: { ge: 1 } },
});

/** Bytes as base64, in the standard or URL-safe alphabet, padding optional; parsed to standard base64 with padding. */
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
  const unpadded = withoutTrailing(text, '=');
  const standard = unpadded.replaceAll('-', '+').replaceAll('_', '/');
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
