import { SCHEMA_TABLE } from './schema-table.ts';
import { toStandardBase64, toUrlSafeBase64 } from './base64.ts';

export type ModelName = keyof typeof SCHEMA_TABLE;
export type JsonObject = { [key: string]: unknown };

/** Field naming: camelCase on the wire (pydantic's aliases), snake_case in Firestore (Python's attributes). */
type Casing = 'camel' | 'snake';

interface Field extends Record<Casing, string> {
  encode: (value: unknown, casing: Casing) => unknown;
  decode: (value: unknown) => unknown;
  /** The value that Python prints for a field that is not set. */
  byDefault: unknown;
}

/** Fields that Python prints even if they are not set. */
const DEFAULTS: { [model in ModelName]?: JsonObject } = {
  Event: { nodeInfo: {} },
  EventActions: {
    stateDelta: {},
    artifactDelta: {},
    requestedAuthConfigs: {},
    requestedToolConfirmations: {},
  },
  NodeInfo: { path: '' },
  ToolConfirmation: { hint: '', confirmed: false },
};

const MICROSECONDS = 1_000_000;
const identity = (value: unknown): unknown => value;
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

/** Converts milliseconds (fractions are microseconds) to Python's float seconds, rounded to a microsecond. */
export function toSeconds(timestampMs: number): number {
  return Math.round(timestampMs * 1000) / MICROSECONDS;
}

/** Converts Python's float seconds to milliseconds, keeping whole microseconds. */
export function fromSeconds(seconds: number): number {
  return Math.round(seconds * MICROSECONDS) / 1000;
}

type Convert = Pick<Field, 'encode' | 'decode'>;

const VERBATIM: Convert = { encode: identity, decode: identity };
const SIMPLE: { [kind: string]: Convert } = {
  scalar: VERBATIM,
  verbatim: VERBATIM,
  bytes: {
    encode: (value) => (typeof value === 'string' ? toUrlSafeBase64(value) : value),
    decode: (value) => (typeof value === 'string' ? toStandardBase64(value) : value),
  },
  seconds: {
    encode: (value) => (typeof value === 'number' ? toSeconds(value) : value),
    decode: (value) => (typeof value === 'number' ? fromSeconds(value) : undefined),
  },
};

function convertOf(kind: string): Convert {
  const simple = SIMPLE[kind];
  if (simple) return simple;
  if (kind.startsWith('[')) {
    const inner = kind.slice(1, -1) as ModelName;
    return {
      encode: (value, casing) =>
        Array.isArray(value) ? value.map((item) => encode(inner, item, casing)) : value,
      decode: (value) =>
        Array.isArray(value) ? value.filter(isObject).map((item) => decode(inner, item)) : undefined,
    };
  }
  if (kind.startsWith('{')) {
    const inner = kind.slice(1, -1) as ModelName;
    return {
      encode: (value, casing) => mapValues(value, (item) => encode(inner, item, casing)),
      decode: (value) => (isObject(value) ? mapValues(value, (item) => decode(inner, item)) : undefined),
    };
  }
  const model = kind as ModelName;
  return {
    encode: (value, casing) => encode(model, value, casing),
    decode: (value) => (isObject(value) ? decode(model, value) : undefined),
  };
}

function mapValues(value: unknown, convert: (item: unknown) => unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]));
}

const toSnake = (camel: string): string => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const FIELDS = Object.fromEntries(
  Object.entries(SCHEMA_TABLE).map(([model, fields]) => [
    model,
    fields.match(/\S+/g)?.map((field) => {
      const [camel = '', kind = 'scalar'] = field.split(':');
      const byDefault = DEFAULTS[model as ModelName]?.[camel];
      return { camel, snake: toSnake(camel), byDefault, ...convertOf(kind) };
    }),
  ]),
) as unknown as { [model in ModelName]: Field[] };

/** Encodes an adk-js model as Python prints it: Python's field order, nulls omitted, unknown fields dropped. */
export function encode(model: ModelName, value: unknown, casing: Casing = 'camel'): unknown {
  return isObject(value) ? encodeFields(FIELDS[model], value, casing) : value;
}

function encodeFields(fields: readonly Field[], value: JsonObject, casing: Casing): JsonObject {
  const result: JsonObject = {};
  for (const field of fields) {
    const own = value[field.camel] ?? field.byDefault;
    if (own !== undefined && own !== null) result[field[casing]] = field.encode(own, casing);
  }
  return result;
}

const ENVELOPE_START = FIELDS.Event.findIndex(({ camel }) => camel === 'invocationId');
const ANSWER_FIELDS = FIELDS.Event.slice(0, ENVELOPE_START);
const ENVELOPE_FIELDS = FIELDS.Event.slice(ENVELOPE_START);

/** Encodes the fields of an event that come from the model. On the wire they precede all others. */
export function encodeAnswer(event: JsonObject): JsonObject {
  return encodeFields(ANSWER_FIELDS, event, 'camel');
}

/** Encodes the other fields of an event; its timestamp is the last. */
export function encodeEnvelope(event: JsonObject): JsonObject {
  return encodeFields(ENVELOPE_FIELDS, event, 'camel');
}

/**
 * Decodes the same model from either casing; leaves user-owned dicts as they are. Drops nulls, unknown fields, and what is
 * no list or object where there should be one: another writer may have stored it, and ADK fails on it in every later turn.
 */
export function decode(model: ModelName, value: unknown): unknown {
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const field of FIELDS[model]) {
    const own = value[field.camel] ?? value[field.snake];
    const decoded = own === undefined || own === null ? undefined : field.decode(own);
    if (decoded !== undefined) result[field.camel] = decoded;
  }
  return result;
}
