/** A dependency cannot be used; the message may be shown to people. */
export class Unusable extends Error {}

/** A dependency of the service, with a check that it can be reached. */
export interface Probe {
  name: string;
  /** Whether the service cannot work without it: then /ready answers 503. */
  required: boolean;
  /**
   * Resolves if the dependency is reachable, with a sentence if something needs attention. Otherwise throws; only the
   * message of an Unusable is shown. Should stop when the signal is aborted.
   */
  check(signal: AbortSignal): Promise<string | void>;
}

export interface DependencyState {
  name: string;
  required: boolean;
  state: 'ok' | 'failed';
  /** A sentence for people; only with `failed`. */
  reason?: string;
  /** Something that needs attention before it fails; only with `ok`. */
  warning?: string;
  /** Age of the result in seconds. */
  ageSeconds: number;
  /** Duration of the check in milliseconds. */
  durationMs: number;
}

export interface ReadinessOptions {
  probes: readonly Probe[];
  /** Milliseconds; monotonic. */
  clock?: () => number;
  /** How long a result is reused, in milliseconds. */
  maxAgeMs?: number;
  /** Longest duration of a check, in milliseconds. */
  timeoutMs?: number;
  /** Called on each change between ok and failed, with the error. */
  onChange?: (name: string, state: 'ok' | 'failed', error: unknown) => void;
}

interface Seen {
  state: 'ok' | 'failed';
  reason?: string;
  warning?: string;
  atMs: number;
  durationMs: number;
}

/**
 * Checks dependencies, each at most once within `maxAgeMs` however many callers there are, and each with a time limit.
 */
export class Readiness {
  readonly #probes: readonly Probe[];
  readonly #clock: () => number;
  readonly #maxAgeMs: number;
  readonly #timeoutMs: number;
  readonly #onChange: NonNullable<ReadinessOptions['onChange']>;
  readonly #seen = new Map<string, Seen>();
  readonly #looking = new Map<string, Promise<Seen>>();

  constructor(options: ReadinessOptions) {
    this.#probes = options.probes;
    this.#clock = options.clock ?? (() => performance.now());
    this.#maxAgeMs = options.maxAgeMs ?? 5_000;
    this.#timeoutMs = options.timeoutMs ?? 2_000;
    this.#onChange = options.onChange ?? (() => undefined);
  }

  async report(): Promise<DependencyState[]> {
    return Promise.all(
      this.#probes.map(async (probe) => {
        const { name, required } = probe;
        const { state, reason, warning, atMs, durationMs } = await this.#see(probe);
        return {
          name,
          required,
          state,
          ...(reason ? { reason } : {}),
          ...(warning ? { warning } : {}),
          ageSeconds: Math.round((this.#clock() - atMs) / 100) / 10,
          durationMs: Math.round(durationMs * 10) / 10,
        };
      }),
    );
  }

  async #see(probe: Probe): Promise<Seen> {
    const { name } = probe;
    const seen = this.#seen.get(name);
    if (seen && this.#clock() - seen.atMs < this.#maxAgeMs) return seen;
    const looking = this.#looking.get(name) ?? this.#look(probe);
    this.#looking.set(name, looking);
    return looking;
  }

  async #look(probe: Probe): Promise<Seen> {
    const { name } = probe;
    const beganMs = this.#clock();
    let thrown: unknown;
    let reason: string | undefined;
    let warning: string | undefined;
    const giveUp = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reason = `No answer within ${this.#timeoutMs} ms.`;
      late.reject(new Error(reason));
      giveUp.abort();
    }, this.#timeoutMs);
    try {
      warning = (await Promise.race([probe.check(giveUp.signal), late.promise])) ?? undefined;
    } catch (error) {
      thrown = error;
      reason ??= error instanceof Unusable ? error.message : 'It cannot be reached; the log says why.';
    } finally {
      clearTimeout(timer);
      this.#looking.delete(name);
    }
    const state = thrown === undefined ? 'ok' : 'failed';
    const atMs = this.#clock();
    const now: Seen = {
      state,
      ...(reason ? { reason } : {}),
      ...(warning ? { warning } : {}),
      atMs,
      durationMs: atMs - beganMs,
    };
    if (this.#seen.get(name)?.state !== state) this.#onChange(name, state, thrown);
    this.#seen.set(name, now);
    return now;
  }
}
