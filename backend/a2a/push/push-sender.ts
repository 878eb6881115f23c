import { ByteBudget, type Held } from '../../identity/limits/byte-budget.ts';
import type { Logger } from '../../observability/logger.ts';
import { abortableSleep } from '../../model/with-retries.ts';
import { pinTarget, type PushTargets, type Resolve } from './address-guard.ts';
import { postPinned } from './post-pinned.ts';

export interface PushSenderDeps {
  targets: PushTargets;
  log: Logger;
  /** Resolves host names. Default: the system's resolver. */
  resolve?: Resolve;
  /** PEM of the CAs that may sign receivers' certificates. Default: the system's CAs. */
  authorities?: string;
  /** Pauses before the second and each further try, in milliseconds. */
  pausesMs?: readonly number[];
  timeoutMs?: number;
}

export interface OutgoingNotification {
  /** Owner of the task: the notification counts against this caller's share. */
  owner: string;
  taskId: string;
  configId: string;
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
}

const PAUSES_MS = [1_000, 5_000, 25_000];
const TIMEOUT_MS = 10_000;
/**
 * Most waiting notifications of one caller. Webhooks that do not answer fill only their owner's share. The
 * configuration lists all callers, so the shares bound the total.
 */
const MOST_WAITING = 100;
/** Most bytes of waiting notifications, for one caller and in total: a notification may carry a task's whole answer. */
const BYTES = { callerBytes: 32 * 1024 * 1024, processBytes: 64 * 1024 * 1024 };

/** The waiting notifications of one caller. */
interface Share {
  waiting: number;
  isFull: boolean;
}

/**
 * Sends notifications in the background, one at a time per webhook. A notification that cannot be delivered is dropped,
 * as clients can always read the task. The address is checked before every attempt. Each caller has a share of the
 * queue; notifications beyond it are dropped.
 */
export class PushSender {
  readonly #deps: PushSenderDeps;
  readonly #chains = new Map<string, Promise<void>>();
  readonly #shares = new Map<string, Share>();
  readonly #budget = new ByteBudget(BYTES);
  readonly #stopped = new AbortController();

  constructor(deps: PushSenderDeps) {
    this.#deps = deps;
  }

  send(notification: OutgoingNotification): void {
    const { owner, taskId, configId } = notification;
    const share = this.#shares.get(owner) ?? { waiting: 0, isFull: false };
    const held = share.waiting < MOST_WAITING ? this.#holdBytes(notification) : undefined;
    if (!held) {
      // Log once each time a share fills up, so that a flood of notifications does not flood the log.
      if (!share.isFull)
        this.#deps.log.warn('push notifications are dropped: too many of this caller wait', {
          caller: owner,
          taskId,
          configId,
        });
      share.isFull = true;
      return;
    }
    share.isFull = false;
    share.waiting++;
    this.#shares.set(owner, share);
    const name = `${taskId} ${configId}`;
    const before = this.#chains.get(name) ?? Promise.resolve();
    const mine = before
      .then(async () => this.#deliver(notification))
      .finally(() => {
        held.release();
        if (--share.waiting === 0) this.#shares.delete(owner);
        if (this.#chains.get(name) === mine) this.#chains.delete(name);
      });
    this.#chains.set(name, mine);
  }

  /** Reserves the bytes of a notification; undefined if the caller's or the total limit is reached. */
  #holdBytes({ owner, body }: OutgoingNotification): Held | undefined {
    try {
      return this.#budget.hold(owner, Buffer.byteLength(body));
    } catch {
      return undefined;
    }
  }

  /** Resolves when no notification is waiting. */
  async idle(): Promise<void> {
    while (this.#chains.size > 0) await Promise.all(this.#chains.values());
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #deliver(notification: OutgoingNotification): Promise<void> {
    const { taskId, configId } = notification;
    const { log, pausesMs = PAUSES_MS } = this.#deps;
    let why = '';
    for (let attempt = 0; attempt <= pausesMs.length; attempt++) {
      if (attempt > 0) await abortableSleep(pausesMs[attempt - 1] ?? 0, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      try {
        const status = await this.#try(notification);
        if (status < 300) return;
        why = `status ${status}`;
        // Redirects are not followed, as their target is unchecked. Other 4xx answers would only be repeated.
        if (status < 500 && status !== 408 && status !== 429) break;
      } catch (error) {
        why = error instanceof Error ? error.message : 'unknown';
      }
    }
    log.warn('a push notification could not be delivered', { taskId, configId, reason: why });
  }

  async #try({ url, body, headers }: OutgoingNotification): Promise<number> {
    const { targets, resolve, authorities, timeoutMs = TIMEOUT_MS } = this.#deps;
    const target = await pinTarget(url, targets, resolve);
    return postPinned(target, {
      body,
      headers,
      targets,
      authorities,
      timeoutMs,
      signal: this.#stopped.signal,
    });
  }
}
