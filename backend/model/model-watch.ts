import type { Logger } from '../observability/logger.ts';
import { Unusable } from '../observability/readiness.ts';
import { credentialsOf, hostOf, modelAddress } from './gemini-endpoint.ts';
import { modelErrorFrom } from './model-error.ts';
import type { ModelBackend } from './model-settings.ts';
import { isAnswerOf, retirementStateOf } from './retirements.ts';

/** How long it counts that the API has a model. /ready may be asked each second, and models go once in months. */
const KNOWN_MS = 5 * 60_000;

export interface ModelWatchOptions {
  backend: ModelBackend;
  log?: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
  fetch?: typeof globalThis.fetch;
}

/**
 * Whether the models that the service asks are there and answer themselves. Costs no tokens: the API is asked for the
 * model's description (models.get), at most once in five minutes, and each answer of a turn says which model gave it.
 */
export class ModelWatch {
  readonly #backend: ModelBackend;
  readonly #log: Logger | undefined;
  readonly #now: () => number;
  readonly #fetch: typeof globalThis.fetch;
  /** When the API last had the model, by its name. */
  readonly #knownAt = new Map<string, number>();
  /** What the model that is asked calls itself when it answers. */
  readonly #itself = new Map<string, string>();
  /** The model that answers in the place of the one that is asked. */
  readonly #others = new Map<string, string>();

  constructor({ backend, log, now = Date.now, fetch = globalThis.fetch }: ModelWatchOptions) {
    this.#backend = backend;
    this.#log = log;
    this.#now = now;
    this.#fetch = fetch;
  }

  /** Hears which model answered; a change to another one is logged once. */
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

  /** For /ready: fails where the API is out of reach, lacks a model or refuses our key; the sentence that comes back is a warning. */
  async look(models: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    await Promise.all(models.map(async (model) => this.#lookAt(model, signal)));
    const warnings = models.flatMap((model) => this.#warningOf(model) ?? []);
    return warnings.length > 0 ? `${warnings.join('. ')}.` : undefined;
  }

  async #lookAt(model: string, signal: AbortSignal): Promise<void> {
    const address = modelAddress(this.#backend, model);
    const knownAt = this.#knownAt.get(model);
    if (!address || (knownAt !== undefined && this.#now() - knownAt < KNOWN_MS)) {
      // Whether anybody answers there; any answer counts, and none costs quota.
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
    // Too many requests, or the API's own trouble: the model is there for all we know.
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
    // What may happen in a year is for the documents, not for those who watch.
    return retirement?.state === 'later' ? undefined : retirement?.sentence;
  }
}
