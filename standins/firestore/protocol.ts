import type { MethodDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Request, Row } from './backend.ts';

export type Method = MethodDefinition<Request, Row>;

/** Firestore's calls by name, from the protocol that Google's own client ships. */
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
