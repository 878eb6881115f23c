import {
  codeNamed,
  FirestoreError,
  whileUnavailable,
  type Channel,
  type Row,
  type Verb,
} from '@lornu/backend/firestore/client/channel.ts';
import type { Backend } from '@lornu/standins/firestore/backend.ts';
import { inMemory } from '@lornu/standins/firestore/in-memory.ts';
import { rowToRest, toCall, type RestCall } from '@lornu/standins/firestore/rest.ts';
import { RpcError, status } from '@lornu/standins/firestore/rpc-error.ts';
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
  /** The delay of a response. */
  readonly answerMs: () => number;
  /** Called when a commit is stored; of SQLite: after any call. Returns whether its response is lost, or late. */
  readonly hasStored: () => boolean;
  /** How long the client waits for the response to a call. Shorter than a lease. */
  readonly callMs: number;
  /** The share of commits that are stored, but never get a response, so that a lease may be lost. */
  readonly unanswered: () => number;
  /** If the database is overloaded: resolves when it has worked on this call. */
  readonly served: () => Promise<void> | undefined;
}

/** The share of commits that are refused as contended, without a reason visible to the client. */
const CONTENDED = 0.02;
/** The share of commits that are stored, but whose connection breaks before the response. */
const CUT_OFF = 0.01;
/** The share of commits that are stored during an outage: only their responses are lost. */
const ONE_WAY = 0.3;

/** An empty database like that of staging, with optimistic transactions (decision 0094). */
export function emptyFirestore(): Backend {
  return runOn(undefined, () => inMemory({ concurrencyMode: 'OPTIMISTIC' }));
}

/**
 * Calls to a database in memory instead of HTTP. Transactions, retries and queries are the service's own client. Reads
 * are never stale, as Firestore guarantees, but their responses may be late. A call that was sent arrives even if its
 * process is paused or killed.
 */
export class SimulatedChannel implements Channel {
  readonly #server: Backend;
  readonly #network: Network;

  constructor(server: Backend, network: Network) {
    this.#server = server;
    this.#network = network;
  }

  async call(verb: Verb, target: string, body: object): Promise<Row[]> {
    // Copied now: the process and the database share nothing.
    const sent = toCall(verb, target, body);
    return whileUnavailable(this.#network.callMs, async () => this.#attempt(sent));
  }

  async #attempt(sent: RestCall): Promise<Row[]> {
    const { time, random, isCalm, isAway, latencyMs, answerMs, hasStored, callMs, unanswered, served } =
      this.#network;
    if (isCalm()) return this.#answer(sent);
    const isCommit = sent.method === 'Commit';
    const arriving = runOn(undefined, async () => {
      await time.sleep(latencyMs());
      if (isAway()) {
        if (isCommit && random() < ONE_WAY) await this.#answer(sent).catch(() => undefined);
        throw disconnected();
      }
      const working = served();
      if (working) await working;
      if (isCommit && random() < CONTENDED) {
        await this.#answer({ ...sent, method: 'Rollback' });
        throw new FirestoreError('ABORTED', 'Too much contention on these documents. Please try again.');
      }
      const rows = await this.#answer(sent);
      if (!isCommit) return rows;
      const luck = random();
      if (luck < CUT_OFF || hasStored()) throw disconnected();
      if (luck >= CUT_OFF + unanswered()) return rows;
      await time.sleep(callMs);
      throw new FirestoreError('DEADLINE_EXCEEDED', 'No answer in time.');
    });
    try {
      return await arriving;
    } finally {
      // The delay of the response. A paused process reads it after it continues.
      await time.sleep(answerMs());
    }
  }

  #answer({ method, request }: RestCall): Promise<Row[]> {
    return runOn(undefined, async () => {
      try {
        const rows = await this.#server.answer({ method, request, bytes: NONE, signal });
        // Copies as well, or documents that cannot be changed.
        return rows.map(rowToRest);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        throw new FirestoreError(codeNamed(status[error.code]), error.details);
      }
    });
  }
}

const disconnected = (): FirestoreError => new FirestoreError('UNAVAILABLE', 'There is no connection.');
const NONE = Buffer.alloc(0);
/** Nobody stops waiting. */
const { signal } = new AbortController();
