import { status } from '@grpc/grpc-js';
import { RpcError } from './rpc-error.ts';
import type { Fields, Value } from './value.ts';

/** https://firebase.google.com/docs/firestore/quotas */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
const MAX_DEPTH = 20;
const RESERVED = /^__.*__$/s;

/** Refuses, in Firestore's way, a document that Firestore would not take. */
export function assertWithinLimits(name: string, fields: Fields): void {
  const path = name.split('/documents/')[1] ?? '';
  const nameBytes = path.split('/').reduce((sum, segment) => sum + Buffer.byteLength(segment) + 1, 16);
  const bytes = nameBytes + bytesOfFields(fields, 0) + 32;
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw new RpcError(
      status.INVALID_ARGUMENT,
      `Document '${name}' cannot be written because its size (${bytes} bytes) exceeds the maximum allowed size of ${MAX_DOCUMENT_BYTES} bytes.`,
    );
  }
}

function bytesOfFields(fields: Fields, depth: number): number {
  if (depth > MAX_DEPTH) throw new RpcError(status.INVALID_ARGUMENT, 'Property is nested too deeply.');
  return Object.entries(fields).reduce((sum, [key, value]) => {
    if (key === '' || RESERVED.test(key))
      throw new RpcError(status.INVALID_ARGUMENT, `Property name "${key}" is reserved.`);
    return sum + Buffer.byteLength(key) + 1 + bytesOf(value, depth);
  }, 0);
}

function bytesOf(value: Value, depth: number): number {
  if (value.stringValue !== undefined) return Buffer.byteLength(value.stringValue) + 1;
  if (value.bytesValue) return value.bytesValue.length;
  if (value.mapValue) return bytesOfFields(value.mapValue.fields ?? {}, depth + 1);
  if (value.arrayValue) {
    const values = value.arrayValue.values ?? [];
    if (values.some((inner) => inner.arrayValue))
      throw new RpcError(status.INVALID_ARGUMENT, 'Cannot convert an array value in an array value.');
    return values.reduce((sum, inner) => sum + bytesOf(inner, depth + 1), 0);
  }
  return value.booleanValue !== undefined || value.nullValue !== undefined ? 1 : 8;
}
