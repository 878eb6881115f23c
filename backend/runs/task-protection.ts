import type { Logger } from '../observability/logger.ts';

export interface TaskProtectionOptions {
  /** ECS's agent inside the task (ECS_AGENT_URI). */
  agentUri: string;
  log: Logger;
  now: () => number;
  /** When a deployment newer than ours was first seen, in milliseconds; undefined while there is none. */
  newerDeploymentSince: () => Promise<number | undefined>;
  fetch?: typeof globalThis.fetch;
  /** Poll interval for a newer deployment, in milliseconds. */
  lookEveryMs?: number;
}

const PROTECTED_MINUTES = 20;
const HALF_TIME_MS = (PROTECTED_MINUTES / 2) * 60_000;
const LOOK_EVERY_MS = 60_000;
const TIMEOUT_MS = 5_000;

/**
 * ECS scale-in protection: while runs are active, neither a deployment nor autoscaling stops this task. Requested when
 * the first run starts, renewed at half-time only for runs that began before a newer deployment was seen (otherwise a
 * busy task would never be replaced), released with the last run. The agent limits calls, so only these moments call
 * it.
 */
export class TaskProtection {
  readonly #options: TaskProtectionOptions;
  #startedMs: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #protectedAtMs = 0;

  constructor(options: TaskProtectionOptions) {
    this.#options = options;
  }

  runStarted(startedMs: number): void {
    this.#startedMs.push(startedMs);
    if (this.#startedMs.length > 1) return;
    this.#timer = setInterval(() => void this.#look(), this.#options.lookEveryMs ?? LOOK_EVERY_MS);
    void this.#set(true);
  }

  runEnded(startedMs: number): void {
    const index = this.#startedMs.indexOf(startedMs);
    if (index !== -1) this.#startedMs.splice(index, 1);
    if (this.#startedMs.length > 0) return;
    clearInterval(this.#timer);
    void this.#set(false);
  }

  async #look(): Promise<void> {
    if (this.#options.now() - this.#protectedAtMs < HALF_TIME_MS) return;
    const newerSince = await this.#options.newerDeploymentSince().catch(() => undefined);
    const isNeeded = this.#startedMs.some((startedMs) => newerSince === undefined || startedMs < newerSince);
    if (isNeeded) await this.#set(true);
  }

  async #set(isProtected: boolean): Promise<void> {
    const { agentUri, log, now } = this.#options;
    if (isProtected) this.#protectedAtMs = now();
    try {
      const response = await (this.#options.fetch ?? fetch)(`${agentUri}/task-protection/v1/state`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          isProtected
            ? { ProtectionEnabled: true, ExpiresInMinutes: PROTECTED_MINUTES }
            : { ProtectionEnabled: false },
        ),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`ECS answered ${response.status}`);
    } catch (error) {
      // The runs continue all the same; without protection a stop hands them over.
      log.warn('The task could not be protected from being stopped', { isProtected, error });
    }
  }
}
