import { Client, credentials, Metadata, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { firestoreMethods, type Method } from './protocol.ts';
import { RpcError } from './rpc-error.ts';
import type { Request, Row } from './backend.ts';

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const asTheyAre = (bytes: Buffer): Buffer => bytes;

/** Calls Firestore's gRPC API directly, without a client library that would check or retry requests. */
export class FirestoreClient {
  readonly #client: Client;
  readonly #methods: Record<string, Method>;
  readonly #metadata = new Metadata();

  private constructor(host: string, methods: Record<string, Method>) {
    this.#methods = methods;
    // An emulator treats this as an administrator.
    this.#metadata.set('authorization', 'Bearer owner');
    this.#client = new Client(host, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
  }

  static async to(host: string): Promise<FirestoreClient> {
    return new FirestoreClient(host, await firestoreMethods());
  }

  /** The messages of the response. Throws RpcError with the server's error. */
  async rows(method: string, request: Request | Buffer, signal?: AbortSignal): Promise<Row[]> {
    return Array.fromAsync(this.stream(method, request, signal));
  }

  async *stream(method: string, request: Request | Buffer, signal?: AbortSignal): AsyncGenerator<Row> {
    const { path, responseStream, requestSerialize, responseDeserialize } = this.#methods[method]!;
    const bytes = Buffer.isBuffer(request) ? request : requestSerialize(request);
    const called = responseStream
      ? this.#client.makeServerStreamRequest(path, asTheyAre, asTheyAre, bytes, this.#metadata)
      : this.#unary(path, bytes);
    const cancel = (): void => called.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const answer of called as AsyncIterable<Buffer>) yield responseDeserialize(answer);
    } catch (error) {
      const { code, details, message } = error as ServiceError;
      throw new RpcError(code, details || message);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  #unary(path: string, bytes: Buffer): ClientReadableStream<Buffer> {
    // On the wire, a call with one response is a stream of one message.
    return this.#client.makeServerStreamRequest(path, asTheyAre, asTheyAre, bytes, this.#metadata);
  }

  close(): void {
    this.#client.close();
  }
}
