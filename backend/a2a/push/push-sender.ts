import type { Logger } from '../../observability/logger.ts';
import { abortableSleep } from '../../model/with-retries.ts';
import { pinTarget, type PushTargets, type Resolve } from './address-guard.ts';
import { postPinned } from './post-pinned.ts';

export interface PushSenderParts {
  targets: PushTargets;
  log: Logger;
  /** Looks a name up; the system's resolver when left out. */
  resolve?: Resolve;
  /** PEM of who may sign receivers' certificates; the system's authorities when left out. */
  authorities?: string;
  /** Pauses before the second and each further try, in milliseconds. */
  pausesMs?: readonly number[];
  timeoutMs?: number;
}

export interface OutgoingNotification {
  taskId: string;
  configId: string;
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
}

const PAUSES_MS = [1_000, 5_000, 25_000];
const TIMEOUT_MS = 10_000;
/** Beyond so many, webhooks that do not answer would fill the memory. */
const MOST_WAITING = 1_000;

/**
 * Sends notifications, those of one webhook one after the other. Nobody waits for them, and one that cannot be delivered
 * is given up: the task can be asked for. The address is checked anew for every try.
 */
export class PushSender {
  readonly #parts: PushSenderParts;
  readonly #chains = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  #waiting = 0;

  constructor(parts: PushSenderParts) {
    this.#parts = parts;
  }

  send(notification: OutgoingNotification): void {
    const { taskId, configId } = notification;
    if (this.#waiting >= MOST_WAITING) {
      this.#parts.log.warn('a push notification was dropped: too many wait', { taskId, configId });
      return;
    }
    this.#waiting++;
    const name = `${taskId} ${configId}`;
    const before = this.#chains.get(name) ?? Promise.resolve();
    const mine = before
      .then(async () => this.#deliver(notification))
      .finally(() => {
        this.#waiting--;
        if (this.#chains.get(name) === mine) this.#chains.delete(name);
      });
    this.#chains.set(name, mine);
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
    const { log, pausesMs = PAUSES_MS } = this.#parts;
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
    const { targets, resolve, authorities, timeoutMs = TIMEOUT_MS } = this.#parts;
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
