import { FieldPath, type DocumentSnapshot } from '@google-cloud/firestore';

/** A value in Firestore's protocol; https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#value */
interface ProtoValue {
  valueType?: string;
  integerValue?: string | number;
  arrayValue?: { values?: ProtoValue[] };
  mapValue?: { fields?: Record<string, ProtoValue> };
}

/**
 * A document's data with integers beyond 2^53 as BigInt, which the client has rounded; undefined if it has none. (The
 * client's option `useBigInt` would turn every integer of every document into a BigInt.) The exact digits come from the
 * protocol form, through a private method of the client, and are only read if an integer was rounded. A test of the
 * store fails if that method is gone.
 */
export function exactData(snapshot: DocumentSnapshot): Record<string, unknown> | undefined {
  const data = snapshot.data();
  if (!data || !hasRounded(data)) return data;
  const inner = snapshot as unknown as { protoField(path: FieldPath): ProtoValue | undefined };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, restore(value, inner.protoField(new FieldPath(key)))]),
  );
}

function hasRounded(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.some(hasRounded);
  return isMap(value) && Object.values(value).some(hasRounded);
}

function restore(value: unknown, proto: ProtoValue | undefined): unknown {
  if (typeof value === 'number')
    return proto?.integerValue === undefined || Number.isSafeInteger(value)
      ? value
      : BigInt(proto.integerValue);
  if (!proto) return value;
  if (Array.isArray(value))
    return value.map((item, index) => restore(item, proto.arrayValue?.values?.[index]));
  const fields = proto.mapValue?.fields;
  if (!fields || !isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item, fields[key])]));
}

/** Not a timestamp, geo point, reference or bytes. */
function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
