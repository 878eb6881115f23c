import { FieldValue, Timestamp } from './special-values.ts';

/** A value in Firestore's JSON: https://cloud.google.com/firestore/docs/reference/rest/v1/Value */
export type Value = Record<string, unknown>;
export type Fields = Record<string, Value>;
// oxlint-disable-next-line typescript/no-explicit-any -- callers know their documents
export type DocumentData = Record<string, any>;

/** Firestore's limit, which also ends a circle. */
const MAX_DEPTH = 20;
const TOO_DEEP = `It is nested deeper than ${MAX_DEPTH}.`;

/** A value that Firestore has no type for. Nothing was sent. */
export class UnstorableValueError extends Error {}

/** Throws UnstorableValueError for undefined, functions, instances of other classes, and what is nested too deeply. */
export function encodeFields(data: object, depth = 1): Fields {
  const fields: Fields = {};
  for (const key of Object.keys(data)) {
    const value = (data as DocumentData)[key] as unknown;
    if (key === '__proto__') throw new UnstorableValueError('The key __proto__ is reserved.');
    // Not values: they become transforms or parts of a mask.
    if (depth === 1 && value instanceof FieldValue) continue;
    fields[key] = encodeValue(value, depth);
  }
  return fields;
}

export function encodeValue(value: unknown, depth = 1): Value {
  if (depth > MAX_DEPTH) throw new UnstorableValueError(TOO_DEEP);
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { booleanValue: value };
    case 'number':
      return encodeNumber(value);
    case 'bigint':
      return { integerValue: String(value) };
    case 'object':
      return encodeObject(value, depth);
    default:
      throw new UnstorableValueError(`Firestore has no type for a value of type ${typeof value}.`);
  }
}

function encodeNumber(value: number): Value {
  if (Object.is(value, -0)) return { doubleValue: '-0.0' };
  if (Number.isSafeInteger(value)) return { integerValue: String(value) };
  // JSON has no number for NaN and the infinities.
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

function encodeObject(value: object | null, depth: number): Value {
  if (value === null) return { nullValue: null };
  if (Array.isArray(value))
    return { arrayValue: { values: value.map((inner) => encodeValue(inner, depth + 1)) } };
  if (value instanceof Timestamp) return { timestampValue: String(value) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new UnstorableValueError(`Firestore has no type for an instance of ${value.constructor.name}.`);
  return { mapValue: { fields: encodeFields(value, depth + 1) } };
}

export function decodeFields(fields: Fields = {}): DocumentData {
  const data: DocumentData = {};
  for (const key in fields) data[key] = decodeValue(fields[key]!);
  return data;
}

/** Integers beyond 2^53 become a BigInt, times a Timestamp, references their name, places an object. */
export function decodeValue(value: Value): unknown {
  for (const type in value) {
    const inner = value[type];
    switch (type) {
      case 'nullValue':
        return null;
      case 'integerValue':
        return Number.isSafeInteger(Number(inner)) ? Number(inner) : BigInt(inner as string);
      case 'doubleValue':
        return Number(inner);
      case 'timestampValue':
        return Timestamp.parse(inner as string);
      case 'bytesValue':
        return Buffer.from(inner as string, 'base64');
      case 'arrayValue':
        return ((inner as { values?: Value[] }).values ?? []).map(decodeValue);
      case 'mapValue':
        return decodeFields((inner as { fields?: Fields }).fields);
      default:
        return inner;
    }
  }
  return undefined;
}
