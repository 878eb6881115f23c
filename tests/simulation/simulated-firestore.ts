import { Firestore } from '@google-cloud/firestore';
import type { Backend, Request, Row } from '@lornu/standins/firestore/backend.ts';
import { inMemory } from '@lornu/standins/firestore/in-memory.ts';
import { RpcError } from '@lornu/standins/firestore/rpc-error.ts';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { runOn, type VirtualTime } from './clock.ts';

/** The network between one process and the database. */
export interface Network {
  readonly time: VirtualTime;
  readonly random: () => number;
  /** No more faults, and no delays. */
  readonly isCalm: () => boolean;
  /** Whether this process's calls are lost. */
  readonly isAway: () => boolean;
  readonly latencyMs: () => number;
  /** How long the client waits for the response to a call. Shorter than a lease. */
  readonly callMs: number;
  /** Whether a response may be so late that a lease is lost. */
  readonly losesAnswers: () => boolean;
}

/** The share of commits that are refused as contended, without a reason visible to the client. */
const CONTENDED = 0.02;
/** The share of commits that are stored, but whose connection breaks before the response. */
const CUT_OFF = 0.01;
/** The share of commits that are stored, but never get a response. */
const UNANSWERED = 0.002;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;
/** gRPC's codes. */
const DEADLINE_EXCEEDED = 4;
const ABORTED = 10;
const UNAVAILABLE = 14;

class Disconnected extends RpcError {
  constructor() {
    super(UNAVAILABLE, 'There is no connection.');
  }
}

/** An empty database like that of staging, with optimistic transactions (decision 0094). */
export function emptyFirestore(): Backend {
  return runOn(undefined, () => inMemory({ concurrencyMode: 'OPTIMISTIC' }));
}

/**
 * Google's client, with calls to a database in memory instead of gRPC. Transactions, retries and queries are the
 * client's real code. Reads are never stale, as Firestore guarantees, but their responses may be late. A call that was
 * sent arrives even if its process is paused or killed.
 */
export class SimulatedFirestore extends Firestore {
  readonly #server: Backend;
  readonly #network: Network;

  constructor(server: Backend, network: Network) {
    super({ projectId: 'simulation', databaseId: 'simulation', host: 'firestore.invalid', ssl: false });
    this.#server = server;
    this.#network = network;
  }

  /** The client's internal method for calls with one response; its types do not declare it. */
  async request(method: string, request: Request): Promise<Row> {
    const [answer = {}] = await this.#call(method, request);
    return answer;
  }

  /** The client's internal method for calls with a stream of responses. */
  async requestStream(method: string, _isBidirectional: boolean, request: Request, tag: string) {
    const client = this as unknown as {
      _retry<T>(method: string, tag: string, call: () => Promise<T>): Promise<T>;
    };
    const rows = await client._retry(method, tag, () => this.#call(method, request));
    return method === 'batchGetDocuments' ? Object.assign(rows, { resume: () => {} }) : Readable.from(rows);
  }

  /** Retries while the database is unavailable, as the transport below the client does. */
  async #call(name: string, request: Request): Promise<Row[]> {
    const method = name.charAt(0).toUpperCase() + name.slice(1);
    const { time, callMs } = this.#network;
    const giveUpAt = time.now + callMs;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_RETRY_MS)) {
      try {
        return await this.#attempt(method, request);
      } catch (error) {
        if (!(error instanceof Disconnected) || time.now + waitMs > giveUpAt) throw error;
        await time.sleep(waitMs);
      }
    }
  }

  async #attempt(method: string, request: Request): Promise<Row[]> {
    const { time, random, isCalm, isAway, latencyMs, callMs, losesAnswers } = this.#network;
    if (isCalm()) return this.#answer(method, request);
    const arriving = runOn(undefined, async () => {
      await time.sleep(latencyMs());
      if (isAway()) throw new Disconnected();
      if (method === 'Commit' && random() < CONTENDED) {
        await this.#answer('Rollback', request);
        throw new RpcError(ABORTED, 'Too much contention on these documents. Please try again.');
      }
      const rows = await this.#answer(method, request);
      const luck = method === 'Commit' ? random() : 1;
      if (luck < CUT_OFF) throw new Disconnected();
      if (!losesAnswers() || luck >= CUT_OFF + UNANSWERED) return rows;
      await time.sleep(callMs);
      throw new RpcError(DEADLINE_EXCEEDED, 'No answer in time.');
    });
    try {
      return await arriving;
    } finally {
      // The delay of the response. A paused process reads it after it continues.
      await time.sleep(latencyMs());
    }
  }

  #answer(method: string, request: Request): Promise<Row[]> {
    const { signal } = new AbortController();
    return runOn(undefined, () =>
      Array.fromAsync(this.#server.answer({ method, request, bytes: NONE, signal })),
    );
  }
}

const NONE = Buffer.alloc(0);

// The client keeps the setTimeout from its start for the pauses between its attempts.
const client = createRequire(import.meta.resolve('@google-cloud/firestore'));
const { setTimeoutHandler } = client('./backoff.js') as {
  setTimeoutHandler: (wait: (run: () => void, ms: number) => void) => void;
};
setTimeoutHandler((run, ms) => void setTimeout(run, ms));
