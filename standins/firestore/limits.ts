import { status } from '@grpc/grpc-js';
import { RpcError } from './rpc-error.ts';
import type { Fields, Value } from './value.ts';

/** https://cloud.google.com/firestore/quotas */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
const MAX_VALUE_BYTES = 1024 * 1024 - 89;
const MAX_NAME_BYTES = 1_500;
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const MAX_DEPTH = 20;
const DOCUMENTS = '/documents/';
const RESERVED = /^__.*__$/s;
/** Most bytes that UTF-8 needs for one UTF-16 unit. */
const MAX_UNIT_BYTES = 3;

const refused = (message: string): RpcError => new RpcError(status.INVALID_ARGUMENT, message);

export function assertRequestSize(bytes: number): void {
  if (bytes > MAX_REQUEST_BYTES)
    throw refused(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
}

/**
 * Refuses a commit that, with its index entries, exceeds the size limit of a request. Firestore also counts deleted
 * documents: https://github.com/firebase/firebase-tools/issues/1036; size of an entry:
 * https://cloud.google.com/firestore/docs/storage-size
 */
export function assertTransactionSize(bytes: number): void {
  if (bytes > MAX_REQUEST_BYTES) throw refused('Transaction too big. Decrease transaction size.');
}

/**
 * Refuses invalid document names. Only written names have a length limit: a longer name that is read is simply not
 * found.
 */
export function assertName(name: string, isWritten: boolean): void {
  const segments = pathOf(name).split('/');
  if (segments.length % 2 !== 0) throw refused(`Document name "${name}" is not that of a document.`);
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..')
      throw refused(`Document name "${name}" contains the id "${segment}".`);
    if (isReserved(segment)) throw refused(`Resource id "${segment}" is invalid because it is reserved.`);
    if (isWritten && isLonger(segment, MAX_NAME_BYTES))
      throw refused(`A part of the document name is longer than ${MAX_NAME_BYTES} bytes.`);
  }
}

/** Refuses invalid fields, and truncates times to microseconds, as Firestore does. */
export function assertFieldsToWrite(fields: Fields): void {
  assertFields(fields, '', 0);
}

/** Returns the size of the document. */
export function assertDocumentSize(name: string, fields: Fields): number {
  const bytes = bytesOfDocument(name, fields);
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw refused(
      `Document '${name}' cannot be written because its size (${bytes} bytes) exceeds the maximum allowed size of ${MAX_DOCUMENT_BYTES} bytes.`,
    );
  }
  return bytes;
}

function assertFields(fields: Fields, parent: string, depth: number): void {
  if (depth > MAX_DEPTH) throw refused('Property is nested too deeply.');
  for (const key in fields) {
    const value = fields[key]!;
    if (key === '') throw refused('A property name is the empty string.');
    if (isReserved(key)) throw refused(`Property name "${key}" is reserved.`);
    const path = parent ? `${parent}.${key}` : key;
    if (isLonger(path, MAX_NAME_BYTES))
      throw refused(`A property name is longer than ${MAX_NAME_BYTES} bytes.`);
    assertValue(value, path, depth);
  }
}

function assertValue(value: Value, path: string, depth: number): void {
  const { bytesValue, stringValue = '' } = value;
  if (bytesValue ? bytesValue.length > MAX_VALUE_BYTES : isLonger(stringValue, MAX_VALUE_BYTES))
    throw refused(`The value of property "${path}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  if (value.timestampValue?.nanos) value.timestampValue.nanos -= value.timestampValue.nanos % 1_000;
  if (value.mapValue) assertFields(value.mapValue.fields ?? {}, path, depth + 1);
  for (const inner of value.arrayValue?.values ?? []) {
    if (inner.arrayValue) throw refused('Cannot convert an array value in an array value.');
    assertValue(inner, path, depth + 1);
  }
  if (Object.keys(value).length === 0) throw refused('Cannot convert a value without a type.');
}

const isReserved = (name: string): boolean => name.startsWith('__') && RESERVED.test(name);

const isLonger = (text: string, bytes: number): boolean =>
  text.length * MAX_UNIT_BYTES > bytes && Buffer.byteLength(text) > bytes;

/** https://cloud.google.com/firestore/docs/storage-size#document-size */
export function bytesOfDocument(name: string, fields: Fields): number {
  return bytesOfName(name) + bytesOfFields(fields) + 32;
}

export function bytesOfName(name: string): number {
  const path = pathOf(name);
  // Each segment has one byte more: those between are the slashes.
  return path === '' ? 16 : 16 + Buffer.byteLength(path) + 1;
}

/** The part of a name below the database. */
function pathOf(name: string): string {
  const at = name.indexOf(DOCUMENTS);
  return at === -1 ? '' : name.slice(at + DOCUMENTS.length);
}

function bytesOfFields(fields: Fields): number {
  let sum = 0;
  for (const key in fields) sum += Buffer.byteLength(key) + 1 + bytesOfValue(fields[key]!);
  return sum;
}

export function bytesOfValue(value: Value): number {
  if (value.stringValue !== undefined) return Buffer.byteLength(value.stringValue) + 1;
  if (value.bytesValue) return value.bytesValue.length;
  if (value.referenceValue !== undefined) return bytesOfName(value.referenceValue);
  if (value.geoPointValue) return 16;
  if (value.mapValue) return bytesOfFields(value.mapValue.fields ?? {});
  if (value.arrayValue)
    return (value.arrayValue.values ?? []).reduce((sum, inner) => sum + bytesOfValue(inner), 0);
  return value.booleanValue !== undefined || value.nullValue !== undefined ? 1 : 8;
}
