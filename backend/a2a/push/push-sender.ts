import { ByteBudget, type Held } from '../../identity/limits/byte-budget.ts';
import type { Logger } from '../../observability/logger.ts';
import { abortableSleep } from '../../model/with-retries.ts';
import { pinTarget, type PushTargets, type Resolve } from './address-guard.ts';
import { postPinned } from './post-pinned.ts';

export interface PushSenderDeps {
  targets: PushTargets;
  log: Logger;
  /** Looks a name up; the system's resolver when left out. */
  resolve?: Resolve;
  /** PEM of the authorities that may sign receivers' certificates; the system's authorities when left out. */
  authorities?: string;
  /** Pauses before the second and each further try, in milliseconds. */
  pausesMs?: readonly number[];
  timeoutMs?: number;
}

export interface OutgoingNotification {
  /** Whose task it is: a notification counts against this caller's share. */
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
 * Notifications of one caller that may wait. Webhooks that do not answer fill their owner's share and nobody else's;
 * callers are listed in the configuration, so their shares bound the whole.
 */
const MOST_WAITING = 100;
/** Bytes of notifications that may wait, of one caller and of all: a notification may carry a task's whole answer. */
const BYTES = { callerBytes: 32 * 1024 * 1024, processBytes: 64 * 1024 * 1024 };

/** What one caller has waiting. */
interface Share {
  waiting: number;
  isFull: boolean;
}

/**
 * Sends notifications, those of one webhook one after the other. Nobody waits for them, and one that cannot be delivered
 * is given up: the task can be asked for. The address is checked anew for every try. Each caller has a share of what may
 * wait, and what exceeds it is dropped.
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
      // One line each time a share fills up: a flood of notifications is no flood of the log.
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

  /** Undefined where the caller, or all together, have too many bytes waiting. */
  #holdBytes({ owner, body }: OutgoingNotification): Held | undefined {
    try {
      return this.#budget.hold(owner, Buffer.byteLength(body));
    } catch {
      return undefined;
    }
  }

  /** Resolves when nothing is waiting any more. */
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
        // A redirect would lead to where nobody has looked; what the receiver refuses it will refuse again.
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
