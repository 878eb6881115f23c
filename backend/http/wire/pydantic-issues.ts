import type { z } from 'zod';
import type { ValidationIssue } from '../../errors/validation-error.ts';
import { toSnakeCase } from './wire-schema.ts';

/** How many issues and how much of an input are repeated to the caller: an answer never grows beyond its request. */
const MAX_ISSUES = 50;
const MAX_INPUT_CHARS = 2_000;

/** pydantic's type and sentence for what zod expected. */
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
 * zod's issues as FastAPI's validation answer names them.
 * `root` is what was parsed, `where` is body, query or path.
 */
export function toValidationIssues(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
  where: 'body' | 'query' | 'path',
): ValidationIssue[] {
  return issues.flatMap((issue) => toIssues(issue, root, where)).slice(0, MAX_ISSUES);
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
    return issue.keys.map((key) => ({
      type: 'extra_forbidden',
      loc: [where, ...path, key],
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

/** The value that a path names in what was sent, where keys may be in either casing. */
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

function bounded(input: unknown): unknown {
  const text = JSON.stringify(input) ?? 'null';
  if (text.length <= MAX_INPUT_CHARS) return input ?? null;
  return `${text.slice(0, MAX_INPUT_CHARS)} … (${text.length} characters in all)`;
}
