import {
  Server,
  ServerCredentials,
  status,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Backend, Request as Asked, Row, StoredDocuments } from './backend.ts';
import { googleBackend } from './google-emulator.ts';
import { inMemory, type InMemoryOptions } from './in-memory.ts';
import { assertIndexed } from './index-needed.ts';
import { listenForBoth } from './front.ts';
import { firestoreMethods, readRequest } from './protocol.ts';
import { readRestCall, restAnswer, restError } from './rest.ts';
import { RpcError } from './rpc-error.ts';
import { stagingIndexes } from './staging-database.ts';

export interface FirestoreStandinOptions extends InMemoryOptions {
  /** 0 takes a free port. Loopback only. */
  port?: number;
  /** The databases that exist; default: any. */
  databases?: readonly string[];
  /**
   * Uses Google's emulator behind our faults and counts: with its own timing, and without the limits that it does not
   * enforce. Default: whether LORNU_FIRESTORE_EMULATOR is `google`.
   */
  isGoogles?: boolean;
}

export interface FirestoreStandin {
  /** Value for FIRESTORE_EMULATOR_HOST. */
  host: string;
  documents: StoredDocuments;
  /** While set, every call gets this error. */
  failWith: { code: status; message: string } | undefined;
  /** How long each call waits before it is executed, in milliseconds. */
  delayMs: number;
  /** While set, this method is executed but never answered. */
  loseAnswersTo: string | undefined;
  /** Number of calls by method. */
  calls: Map<string, number>;
  /** The size of all requests, as protobuf. */
  requestBytes: number;
  /** Number of documents, as Google would bill them. `written` includes the deleted ones. */
  rows: { read: number; written: number; deleted: number };
  /** Number of documents written or deleted, by the id of their collection. */
  writesTo: Map<string, number>;
  /** Cuts all connections and stops listening until `resume`; documents stay. */
  pause: () => void;
  resume: () => Promise<void>;
  /** Cuts all connections and stops listening. */
  stop: () => void;
}

/** Larger than Firestore's own limit, so that the backend refuses larger requests. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Firestore's gRPC and REST APIs on one loopback port, with faults, delays and counts in front of a backend. */
export async function startFirestoreStandin(
  options: FirestoreStandinOptions = {},
): Promise<FirestoreStandin> {
  const { isGoogles = process.env['LORNU_FIRESTORE_EMULATOR'] === 'google' } = options;
  const indexes = options.indexes ?? (await stagingIndexes());
  const backend: Backend = isGoogles ? await googleBackend() : inMemory({ ...options, indexes });
  const methods = await firestoreMethods();

  const standin: FirestoreStandin = {
    host: '',
    documents: backend.documents,
    failWith: undefined,
    delayMs: 0,
    loseAnswersTo: undefined,
    calls: new Map(),
    requestBytes: 0,
    rows: { read: 0, written: 0, deleted: 0 },
    writesTo: new Map(),
    pause: () => server.forceShutdown(),
    resume: async () => {
      server = await listen(Number(standin.host.split(':')[1]));
    },
    stop: () => {
      server.forceShutdown();
      backend.stop();
    },
  };

  function check(method: string, request: Asked): void {
    standin.calls.set(method, (standin.calls.get(method) ?? 0) + 1);
    const { failWith } = standin;
    if (failWith) throw new RpcError(failWith.code, failWith.message);
    const id = /databases\/([^/]+)/.exec(request.database ?? request.parent ?? '')?.[1] ?? '';
    if (options.databases && !options.databases.includes(id))
      throw new RpcError(status.NOT_FOUND, `The database ${id} does not exist.`);
    const query = request.structuredQuery ?? request.structuredAggregationQuery?.structuredQuery;
    if (query) assertIndexed(query, indexes);
  }

  function countWrites({ writes = [] }: Asked): void {
    standin.rows.written += writes.length;
    for (const { update, delete: deleted } of writes) {
      if (deleted) standin.rows.deleted++;
      const collection = (update?.name ?? deleted ?? '').split('/').at(-2) ?? '';
      standin.writesTo.set(collection, (standin.writesTo.get(collection) ?? 0) + 1);
    }
  }

  async function answer(method: string, bytes: Buffer, signal: AbortSignal): Promise<Row[]> {
    if (standin.delayMs > 0) await Bun.sleep(standin.delayMs);
    const request = readRequest(methods[method]!, bytes, !isGoogles);
    check(method, request);
    standin.requestBytes += bytes.length;
    const readBefore = standin.rows.read;
    const rows = await backend.answer({ method, request, bytes, signal });
    for (const row of rows) if ('found' in row || 'missing' in row || 'document' in row) standin.rows.read++;
    countWrites(request);
    // A query without results is billed as one read.
    if (method === 'RunQuery' && standin.rows.read === readBefore) standin.rows.read++;
    return rows;
  }

  function unary(method: string): handleUnaryCall<Buffer, Row> {
    const respond = async (...[call, callback]: Parameters<handleUnaryCall<Buffer, Row>>): Promise<void> => {
      try {
        const [told = {}] = await answer(method, call.request, signalOf(call));
        if (standin.loseAnswersTo !== method) callback(null, told);
      } catch (error) {
        callback(asServiceError(error));
      }
    };
    return (call, callback) => void respond(call, callback);
  }

  function streaming(method: string): handleServerStreamingCall<Buffer, Row> {
    const respond = async (call: Parameters<handleServerStreamingCall<Buffer, Row>>[0]): Promise<void> => {
      try {
        for (const row of await answer(method, call.request, signalOf(call))) call.write(row);
        call.end();
      } catch (error) {
        call.emit('error', asServiceError(error));
      }
    };
    return (call) => void respond(call);
  }

  const served = Object.entries(methods).filter(([, { requestStream }]) => !requestStream);
  // Requests stay bytes, so that the emulator receives them unchanged.
  const service = Object.fromEntries(
    served.map(([name, method]) => [name, { ...method, requestDeserialize: (bytes: Buffer) => bytes }]),
  );
  const handlers: UntypedServiceImplementation = Object.fromEntries(
    served.map(([name, { responseStream }]) => [name, responseStream ? streaming(name) : unary(name)]),
  );

  async function overRest(http: Request): Promise<Response> {
    let isStream = false;
    try {
      const call = readRestCall(new URL(http.url).pathname, await http.text());
      isStream = call.isStream;
      const bytes = methods[call.method]!.requestSerialize(call.request);
      const rows = await answer(call.method, bytes, http.signal);
      if (standin.loseAnswersTo === call.method) await new Promise(() => {});
      return restAnswer(rows, isStream);
    } catch (error) {
      return restError(asServiceError(error), isStream);
    }
  }

  async function listen(port: number): Promise<{ forceShutdown: () => void }> {
    const grpc = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
    grpc.addService(service, handlers);
    const bound = await new Promise<number>((resolve, reject) =>
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, found) =>
        error ? reject(error) : resolve(found),
      ),
    );
    const rest = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      maxRequestBodySize: MAX_MESSAGE_BYTES,
      fetch: overRest,
    });
    const front = await listenForBoth(port, { grpc: bound, rest: rest.port! });
    standin.host = `127.0.0.1:${front.port}`;
    return {
      forceShutdown: () => {
        front.stop();
        grpc.forceShutdown();
        void rest.stop(true);
      },
    };
  }

  let server = await listen(options.port ?? 0);
  return standin;
}

/** Aborted when nobody waits for the response any more. */
function signalOf(call: { on: (event: 'cancelled', listener: () => void) => unknown }): AbortSignal {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort(new RpcError(status.CANCELLED, 'The client waits no longer.')));
  return controller.signal;
}

/** Any error but our own refusals is a bug in the stand-in, and is reported as one. */
function asServiceError(error: unknown): { code: status; details: string } {
  return error instanceof RpcError ? error : { code: status.INTERNAL, details: String(error) };
}
