import {
  status,
  Server,
  ServerCredentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { Documents, type Write } from './documents.ts';
import { runQuery, type StructuredQuery } from './query.ts';
import { RpcError } from './rpc-error.ts';

export interface FirestoreStandinOptions {
  /** 0 takes a free one. Loopback only. */
  port?: number;
  /** The databases that exist; any when left out. */
  databases?: readonly string[];
}

export interface FirestoreStandin {
  /** For FIRESTORE_EMULATOR_HOST. */
  host: string;
  documents: Documents;
  /** What each call is answered with while it is set. */
  failWith: { code: status; message: string } | undefined;
  /** How long each call waits before it is done, milliseconds. */
  delayMs: number;
  /** A method that does what it is asked to and never answers, while it is set. */
  loseAnswersTo: string | undefined;
  /** Calls so far, by method. */
  calls: Map<string, number>;
  /** Documents so far, as Google would bill them. */
  rows: { read: number; written: number };
  /** Documents written or deleted so far, by the id of their collection. */
  writesTo: Map<string, number>;
  /** Cuts all connections and listens no more, until `resume`; documents stay. */
  pause: () => void;
  resume: () => Promise<void>;
  /** Cuts all connections and listens no more. */
  stop: () => void;
}

interface Transaction {
  /** Names read, and their versions then. */
  read: Map<string, number>;
}

type Row = Record<string, unknown>;
type Rows = Iterable<Row>;
/** Requests are read by the fields that Firestore's protocol gives them. */
type Request = {
  database?: string;
  parent?: string;
  documents?: string[];
  transaction?: Buffer;
  newTransaction?: object;
  writes?: Write[];
  structuredQuery?: StructuredQuery;
};

/** Large enough for a document of 1 MiB and for a batch of them. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Firestore's gRPC API, as far as sessions, memory and runs use it, in memory: transactions that are really apart,
 * whole and masked writes, cursors, collection groups, limits of documents, named databases.
 */
export async function startFirestoreStandin(
  options: FirestoreStandinOptions = {},
): Promise<FirestoreStandin> {
  const documents = new Documents();
  const transactions = new Map<string, Transaction>();
  let lastTransaction = 0;

  function begin(): Buffer {
    const id = Buffer.from(`t${++lastTransaction}`);
    transactions.set(id.toString('hex'), { read: new Map() });
    return id;
  }

  function noteRead(id: Buffer | undefined, name: string): void {
    const read = id?.length ? transactions.get(id.toString('hex'))?.read : undefined;
    if (read && !read.has(name)) read.set(name, documents.versionOf(name));
  }

  function* batchGet(request: Request): Rows {
    const transaction = request.newTransaction ? begin() : request.transaction;
    if (request.newTransaction) yield { transaction };
    for (const name of request.documents ?? []) {
      noteRead(transaction, name);
      const found = documents.get(name);
      yield { ...(found ? { found } : { missing: name }), readTime: documents.now() };
    }
  }

  function* query(request: Request): Rows {
    const transaction = request.newTransaction ? begin() : request.transaction;
    if (request.newTransaction) yield { transaction, readTime: documents.now() };
    const found = runQuery(documents.all(), request.parent ?? '', request.structuredQuery ?? {});
    // A query that finds nothing is billed as one read.
    if (found.length === 0) standin.rows.read++;
    for (const document of found) {
      noteRead(transaction, document.name);
      yield { document, readTime: documents.now() };
    }
    yield { readTime: documents.now() };
  }

  function commit({ transaction, writes = [] }: Request): Row {
    if (transaction?.length) {
      const key = transaction.toString('hex');
      const known = transactions.get(key);
      transactions.delete(key);
      if (!known) throw new RpcError(status.INVALID_ARGUMENT, 'The referenced transaction has expired.');
      for (const [name, version] of known.read) {
        if (documents.versionOf(name) !== version)
          throw new RpcError(status.ABORTED, 'Too much contention on these documents. Please try again.');
      }
    }
    const commitTime = documents.commit(writes);
    standin.rows.written += writes.length;
    for (const { update, delete: deleted } of writes) {
      const collection = (update?.name ?? deleted ?? '').split('/').at(-2) ?? '';
      standin.writesTo.set(collection, (standin.writesTo.get(collection) ?? 0) + 1);
    }
    return { commitTime, writeResults: writes.map(() => ({ updateTime: commitTime })) };
  }

  function rollback({ transaction }: Request): Row {
    transactions.delete(transaction?.toString('hex') ?? '');
    return {};
  }

  const standin: FirestoreStandin = {
    host: '',
    documents,
    failWith: undefined,
    delayMs: 0,
    loseAnswersTo: undefined,
    calls: new Map(),
    rows: { read: 0, written: 0 },
    writesTo: new Map(),
    pause: () => server.forceShutdown(),
    resume: async () => {
      server = await listen(Number(standin.host.split(':')[1]));
    },
    stop: () => server.forceShutdown(),
  };

  function check(method: string, request: Request): void {
    standin.calls.set(method, (standin.calls.get(method) ?? 0) + 1);
    const { failWith } = standin;
    if (failWith) throw new RpcError(failWith.code, failWith.message);
    const id = /databases\/([^/]+)/.exec(request.database ?? request.parent ?? '')?.[1] ?? '';
    if (options.databases && !options.databases.includes(id))
      throw new RpcError(status.NOT_FOUND, `The database ${id} does not exist.`);
  }

  function afterDelay(work: () => void): void {
    if (standin.delayMs > 0) setTimeout(work, standin.delayMs);
    else work();
  }

  function unary(method: string, answer: (request: Request) => Row): UntypedServiceImplementation {
    const handle: handleUnaryCall<Request, Row> = (call, callback) => {
      afterDelay(() => {
        try {
          check(method, call.request);
          const told = answer(call.request);
          if (standin.loseAnswersTo !== method) callback(null, told);
        } catch (error) {
          callback(asServiceError(error));
        }
      });
    };
    return { [method]: handle };
  }

  function streaming(method: string, answer: (request: Request) => Rows): UntypedServiceImplementation {
    const handle: handleServerStreamingCall<Request, Row> = (call) => {
      afterDelay(() => {
        try {
          check(method, call.request);
          for (const row of answer(call.request)) {
            if ('found' in row || 'missing' in row || 'document' in row) standin.rows.read++;
            call.write(row);
          }
          call.end();
        } catch (error) {
          call.emit('error', asServiceError(error));
        }
      });
    };
    return { [method]: handle };
  }

  const methods = {
    ...streaming('BatchGetDocuments', batchGet),
    ...streaming('RunQuery', query),
    ...unary('BeginTransaction', () => ({ transaction: begin() })),
    ...unary('Commit', commit),
    ...unary('Rollback', rollback),
  };
  const service = await firestoreService();

  async function listen(port: number): Promise<Server> {
    const listening = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
    listening.addService(service, methods);
    const bound = await new Promise<number>((resolve, reject) =>
      listening.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
        error ? reject(error) : resolve(found),
      ),
    );
    standin.host = `127.0.0.1:${bound}`;
    return listening;
  }

  let server = await listen(options.port ?? 0);
  return standin;
}

/** What is no refusal of ours is a mistake in the stand-in: told as such. */
function asServiceError(error: unknown): { code: status; details: string } {
  return error instanceof RpcError ? error : { code: status.INTERNAL, details: String(error) };
}

/** The protocol as Google's own client ships it. */
async function firestoreService(): Promise<ServiceDefinition> {
  const packageUrl = import.meta.resolve('@google-cloud/firestore/package.json');
  const protocol: unknown = await Bun.file(new URL('build/protos/v1.json', packageUrl)).json();
  const loaded = fromJSON(protocol as Parameters<typeof fromJSON>[0], {
    longs: String,
    enums: String,
    oneofs: true,
  });
  return loaded['google.firestore.v1.Firestore'] as ServiceDefinition;
}
