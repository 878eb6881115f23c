import type { z } from 'zod';
import type { ValidationIssue } from '../../errors/validation-error.ts';
import { MAX_ISSUES, toSnakeCase } from './wire-schema.ts';

/** Most characters of the input that are repeated to the caller: a response never grows beyond its request. */
const MAX_INPUT_CHARS = 2_000;

/** pydantic's error type and message by the type that zod expected. */
const BY_EXPECTED: Record<string, readonly [type: string, msg: string]> = {
  string: ['string_type', 'Input should be a valid string'],
  record: ['dict_type', 'Input should be a valid dictionary'],
  object: ['model_attributes_type', 'Input should be a valid dictionary or object to extract fields from'],
  array: ['list_type', 'Input should be a valid list'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  number: ['float_type', 'Input should be a valid number'],
  int: ['int_type', 'Input should be a valid integer'],
};

/**
 * The first issues that zod found, in the form of FastAPI's validation error. Only as many issues are made, and as much
 * input is printed, as the response contains. `root` is the parsed input, `where` is body, query or path.
 */
export function toValidationIssues(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
  where: 'body' | 'query' | 'path',
): ValidationIssue[] {
  const found: ValidationIssue[] = [];
  for (const issue of issues) {
    if (found.length >= MAX_ISSUES) break;
    found.push(...toIssues(issue, root, where));
  }
  return found.slice(0, MAX_ISSUES);
}

function toIssues(issue: z.core.$ZodIssue, root: unknown, where: string): ValidationIssue[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  const { value, parent, present } = lookUp(root, path);
  const at = (type: string, msg: string, input: unknown, ctx?: Record<string, unknown>): ValidationIssue => ({
    type,
    loc: [where, ...path],
    msg,
    input: bounded(input),
    ...(ctx ? { ctx } : {}),
  });

  if (issue.code === 'unrecognized_keys') {
    const record = (value ?? {}) as Record<string, unknown>;
    return issue.keys.slice(0, MAX_ISSUES).map((key) => ({
      type: 'extra_forbidden',
      loc: [where, ...path, cut(key)],
      msg: 'Extra inputs are not permitted',
      input: bounded(record[key]),
    }));
  }
  if (!present) return [at('missing', 'Field required', parent)];
  if (issue.code === 'invalid_type') {
    const [type, msg] = BY_EXPECTED[issue.expected] ?? ['value_error', 'Input has the wrong type'];
    return [at(type, msg, value)];
  }
  if (issue.code === 'custom') {
    const { pydanticType, context } = (issue.params ?? {}) as {
      pydanticType?: string;
      context?: Record<string, unknown>;
    };
    return [at(pydanticType ?? 'value_error', issue.message, value, context)];
  }
  return [at('value_error', issue.message, value)];
}

/** The input value at a path; keys may be in either casing. */
function lookUp(root: unknown, path: readonly (string | number)[]) {
  let value = root;
  let parent: unknown = null;
  let present = root !== undefined;
  for (const key of path) {
    parent = value;
    const container = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const spelled = typeof key === 'string' && !(key in container) ? toSnakeCase(key) : key;
    present = Object.hasOwn(container, spelled);
    value = container[spelled];
  }
  return { value, parent, present };
}

/** The part of an input that is repeated: all of it, or the beginning of its JSON. */
function bounded(input: unknown): unknown {
  const text = beginningOf(input, MAX_INPUT_CHARS);
  return text.length <= MAX_INPUT_CHARS ? (input ?? null) : `${text.slice(0, MAX_INPUT_CHARS)} …`;
}

/**
 * The JSON of a value, or at least the first `atLeast` characters of it: an input may have 47 MiB and is printed for
 * each of its issues.
 */
function beginningOf(value: unknown, atLeast: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, atLeast + 1));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Array.isArray(value) ? value.slice(0, atLeast) : Object.entries(value).slice(0, atLeast);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  let text = open ?? '';
  for (const [index, member] of members.entries()) {
    if (text.length > atLeast) return text;
    if (index > 0) text += ',';
    const room = atLeast - text.length;
    if (Array.isArray(value)) text += beginningOf(member, room);
    else {
      const [key, inner] = member as [string, unknown];
      text += `${beginningOf(key, room)}:${beginningOf(inner, room)}`;
    }
  }
  return text + close;
}

function cut(key: string): string {
  return key.length <= MAX_INPUT_CHARS ? key : `${key.slice(0, MAX_INPUT_CHARS)} …`;
}
