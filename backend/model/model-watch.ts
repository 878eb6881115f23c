import type { Logger } from '../observability/logger.ts';
import { Unusable } from '../observability/readiness.ts';
import { credentialsOf, hostOf, modelAddress } from './gemini-endpoint.ts';
import { modelErrorFrom } from './model-error.ts';
import type { ModelBackend } from './model-settings.ts';
import { isAnswerOf, retirementStateOf } from './retirements.ts';

/**
 * How long a successful lookup of a model counts. /ready may be called every second, while models disappear once in
 * months.
 */
const KNOWN_MS = 5 * 60_000;

export interface ModelWatchOptions {
  backend: ModelBackend;
  log?: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
  fetch?: typeof globalThis.fetch;
}

/**
 * Checks that the configured models exist and answer under their own name. Costs no tokens: it requests the model's
 * description (models.get) at most once in five minutes, and each answer of a turn names the model that gave it.
 */
export class ModelWatch {
  readonly #backend: ModelBackend;
  readonly #log: Logger | undefined;
  readonly #now: () => number;
  readonly #fetch: typeof globalThis.fetch;
  /** When the API last had the model, by name. */
  readonly #knownAt = new Map<string, number>();
  /** The version name that the requested model gives in its answers. */
  readonly #itself = new Map<string, string>();
  /** The model that answers instead of the requested one. */
  readonly #others = new Map<string, string>();

  constructor({ backend, log, now = Date.now, fetch = globalThis.fetch }: ModelWatchOptions) {
    this.#backend = backend;
    this.#log = log;
    this.#now = now;
    this.#fetch = fetch;
  }

  /** Records which model answered; a change to another one is logged once. */
  onAnswer(asked: string, answered: string | undefined): void {
    if (answered === undefined || this.#itself.get(asked) === answered) return;
    if (isAnswerOf(asked, answered)) {
      this.#itself.set(asked, answered);
      this.#others.delete(asked);
      return;
    }
    this.#itself.delete(asked);
    if (this.#others.get(asked) === answered) return;
    this.#others.set(asked, answered);
    this.#log?.warn('Another model answers than the one that is asked', { asked, answered });
  }

  /**
   * For /ready. Throws if the API cannot be reached, lacks a model or refuses our key; a returned sentence is a
   * warning.
   */
  async look(models: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    await Promise.all(models.map(async (model) => this.#lookAt(model, signal)));
    const warnings = models.flatMap((model) => this.#warningOf(model) ?? []);
    return warnings.length > 0 ? `${warnings.join('. ')}.` : undefined;
  }

  async #lookAt(model: string, signal: AbortSignal): Promise<void> {
    const address = modelAddress(this.#backend, model);
    const knownAt = this.#knownAt.get(model);
    if (!address || (knownAt !== undefined && this.#now() - knownAt < KNOWN_MS)) {
      // Whether the API responds at all; any status counts, and the request uses no quota.
      await this.#fetch(hostOf(this.#backend), { method: 'HEAD', signal, redirect: 'manual' });
      return;
    }
    const headers = await credentialsOf(this.#backend);
    const response = await this.#fetch(address, { headers, signal, redirect: 'manual' });
    const text = await response.text();
    if (response.ok) {
      this.#knownAt.set(model, this.#now());
      return;
    }
    // A rate limit or server error says nothing about the model.
    if (response.status === 429 || response.status >= 500) return;
    if (response.status === 404)
      throw new Unusable(`There is no ${model}${this.#why(model)}. Set GEMINI_MODEL.`);
    const { code } = modelErrorFrom(response.status, text, response.headers);
    throw new Unusable(`Gemini refuses our key (${response.status} ${code}).`);
  }

  #warningOf(model: string): string | undefined {
    const other = this.#others.get(model);
    const retirement = this.#retirement(model);
    if (other) return `${model} is asked, and ${other} answers${retirement ? ` (${retirement})` : ''}`;
    return retirement;
  }

  #why(model: string): string {
    const retirement = this.#retirement(model);
    return retirement ? `: ${retirement}` : '';
  }

  #retirement(model: string): string | undefined {
    const retirement = retirementStateOf(
      model,
      this.#backend.kind === 'vertex' ? 'vertex' : 'gemini-api',
      this.#now(),
    );
    // A retirement in a year is listed in the docs and is no warning.
    return retirement?.state === 'later' ? undefined : retirement?.sentence;
  }
}
