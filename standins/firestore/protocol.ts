import { isUtf8 } from 'node:buffer';
import { status, type MethodDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import type { Request, Row } from './backend.ts';
import { RpcError } from './rpc-error.ts';

export type Method = MethodDefinition<Request, Row>;

/** Firestore's calls by name, from the protocol that Google's client ships. */
export async function firestoreMethods(): Promise<Record<string, Method>> {
  const packageUrl = import.meta.resolve('@google-cloud/firestore/package.json');
  const protocol: unknown = await Bun.file(new URL('build/protos/v1.json', packageUrl)).json();
  const loaded = fromJSON(protocol as Parameters<typeof fromJSON>[0], {
    longs: String,
    enums: String,
    oneofs: true,
  });
  return loaded['google.firestore.v1.Firestore'] as unknown as Record<string, Method>;
}

/** Parses a request. If `isStrict`, invalid UTF-8 is refused, with the status of Google's emulator. */
export function readRequest({ requestDeserialize }: Method, bytes: Buffer, isStrict: boolean): Request {
  // A generated parser also accepts a reader instead of bytes.
  return requestDeserialize(isStrict ? (new StrictReader(bytes) as unknown as Buffer) : bytes);
}

class StrictReader extends protobuf.BufferReader {
  override string(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw new RpcError(status.UNKNOWN, 'A text of the request is not valid UTF-8.');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  }
}
