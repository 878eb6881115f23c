/** A value as Firestore's API writes it: one of these fields is there. int64 is a string. */
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

/** The order of two values: first by type, then within it. Texts by UTF-8 bytes, names of documents segment by segment. */
export function compareValues(a: Value, b: Value): number {
  const [typeA, typeB] = [typeOf(a), typeOf(b)];
  if (typeA !== typeB) return typeA - typeB;
  if (a.stringValue !== undefined) return compareTexts(a.stringValue, b.stringValue ?? '');
  if (a.timestampValue) return compareTimestamps(a.timestampValue, b.timestampValue ?? {});
  if (a.referenceValue !== undefined) return compareNames(a.referenceValue, b.referenceValue ?? '');
  if (a.bytesValue) return Buffer.compare(a.bytesValue, b.bytesValue ?? Buffer.alloc(0));
  if (a.booleanValue !== undefined) return Number(a.booleanValue) - Number(b.booleanValue);
  if (a.integerValue !== undefined || a.doubleValue !== undefined) return numberOf(a) - numberOf(b);
  return compareTexts(JSON.stringify(a), JSON.stringify(b));
}

export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return Number(a.seconds ?? 0) - Number(b.seconds ?? 0) || (a.nanos ?? 0) - (b.nanos ?? 0);
}

export function compareNames(a: string, b: string): number {
  const [segmentsA, segmentsB] = [a.split('/'), b.split('/')];
  for (const [index, segment] of segmentsA.entries()) {
    const order = compareTexts(segment, segmentsB[index] ?? '');
    if (order !== 0) return order;
  }
  return segmentsA.length - segmentsB.length;
}

const typeOf = (value: Value): number =>
  TYPES.findIndex((names) => names.some((name) => value[name] !== undefined));
const numberOf = (value: Value): number => Number(value.integerValue ?? value.doubleValue ?? 0);
const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
