/** A value in Firestore's API: exactly one of these fields is set. int64 is a string. */
export interface Value {
  nullValue?: 'NULL_VALUE';
  booleanValue?: boolean;
  integerValue?: string;
  doubleValue?: number;
  timestampValue?: Timestamp;
  stringValue?: string;
  bytesValue?: Buffer;
  referenceValue?: string;
  geoPointValue?: { latitude?: number; longitude?: number };
  arrayValue?: { values?: Value[] };
  mapValue?: { fields?: Fields };
}

export type Fields = Record<string, Value>;
export interface Timestamp {
  seconds?: string;
  nanos?: number;
}

/** Firestore's order of types. https://firebase.google.com/docs/firestore/manage-data/data-types */
const TYPES: readonly (keyof Value)[][] = [
  ['nullValue'],
  ['booleanValue'],
  ['integerValue', 'doubleValue'],
  ['timestampValue'],
  ['stringValue'],
  ['bytesValue'],
  ['referenceValue'],
  ['geoPointValue'],
  ['arrayValue'],
  ['mapValue'],
];

const ORDER = new Map(TYPES.flatMap((names, order) => names.map((name) => [name, order] as const)));

/** The same number for types that an inequality compares; -1 without a type. */
export function typeOf(value: Value): number {
  for (const name in value) {
    const order = ORDER.get(name as keyof Value);
    if (order !== undefined && value[name as keyof Value] !== undefined) return order;
  }
  return -1;
}

export const isNaNValue = (value: Value): boolean => Number.isNaN(value.doubleValue);

/** Compares two values: first by type, then within it. Strings by UTF-8 bytes, document names by segment. */
export function compareValues(a: Value, b: Value): number {
  const [typeA, typeB] = [typeOf(a), typeOf(b)];
  if (typeA !== typeB) return typeA - typeB;
  if (a.stringValue !== undefined) return compareTexts(a.stringValue, b.stringValue ?? '');
  if (a.timestampValue) return compareTimestamps(a.timestampValue, b.timestampValue ?? {});
  if (a.referenceValue !== undefined) return compareNames(a.referenceValue, b.referenceValue ?? '');
  if (a.bytesValue) return Buffer.compare(a.bytesValue, b.bytesValue ?? Buffer.alloc(0));
  if (a.booleanValue !== undefined) return Number(a.booleanValue) - Number(b.booleanValue);
  if (a.integerValue !== undefined || a.doubleValue !== undefined) return compareNumbers(a, b);
  if (a.geoPointValue) {
    const [own, other] = [a.geoPointValue, b.geoPointValue ?? {}];
    const latitudes = (own.latitude ?? 0) - (other.latitude ?? 0);
    return latitudes || (own.longitude ?? 0) - (other.longitude ?? 0);
  }
  if (a.arrayValue) return compareLists(a.arrayValue.values ?? [], b.arrayValue?.values ?? []);
  if (a.mapValue) return compareMaps(a.mapValue.fields ?? {}, b.mapValue?.fields ?? {});
  return 0;
}

/** NaN sorts before all numbers. */
function compareNumbers(a: Value, b: Value): number {
  if (a.integerValue !== undefined && b.integerValue !== undefined) {
    const [own, other] = [BigInt(a.integerValue), BigInt(b.integerValue)];
    return own < other ? -1 : Number(own > other);
  }
  const [own, other] = [numberOf(a), numberOf(b)];
  if (Number.isNaN(own) || Number.isNaN(other))
    return Number(Number.isNaN(other)) - Number(Number.isNaN(own));
  return own < other ? -1 : Number(own > other);
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index];
    if (!other) return 1;
    const order = compareValues(value, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareMaps(a: Fields, b: Fields): number {
  const [keysA, keysB] = [Object.keys(a).toSorted(compareTexts), Object.keys(b).toSorted(compareTexts)];
  for (const [index, key] of keysA.entries()) {
    const other = keysB[index];
    if (other === undefined) return 1;
    const order = compareTexts(key, other) || compareValues(a[key] ?? {}, b[other] ?? {});
    if (order !== 0) return order;
  }
  return keysA.length - keysB.length;
}

function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return Number(a.seconds ?? 0) - Number(b.seconds ?? 0) || (a.nanos ?? 0) - (b.nanos ?? 0);
}

export function compareNames(a: string, b: string): number {
  const end = a.lastIndexOf('/') + 1;
  // In the same collection.
  if (b.lastIndexOf('/') + 1 === end && a.slice(0, end) === b.slice(0, end)) return compareTexts(a, b);
  const [segmentsA, segmentsB] = [a.split('/'), b.split('/')];
  for (const [index, segment] of segmentsA.entries()) {
    const order = compareTexts(segment, segmentsB[index] ?? '');
    if (order !== 0) return order;
  }
  return segmentsA.length - segmentsB.length;
}

const numberOf = (value: Value): number => Number(value.integerValue ?? value.doubleValue ?? 0);

/** By UTF-8 bytes, which is the order of UTF-16 units except where surrogates are among them. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a.charCodeAt(index) - b.charCodeAt(index);
    if (difference === 0) continue;
    const isPlain = Math.max(a.charCodeAt(index), b.charCodeAt(index)) < 0xd8_00;
    return isPlain ? difference : Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a.length - b.length;
}
