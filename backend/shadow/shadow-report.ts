import type { Item } from '@lornu/evaluation/cassette.ts';
import { describeTurn } from '@lornu/evaluation/compare.ts';
import { Placeholders, type ShadowComparison } from '@lornu/evaluation/shadow-compare.ts';
import type { ShadowOutcome } from '../observability/metrics.ts';

/**
 * A turn that the candidate handled differently, without its content, because operators must not read conversations.
 */
export interface ShadowChange {
  at: number;
  appName: string;
  changes: readonly string[];
  missing: readonly string[];
  before: readonly string[];
  now: readonly string[];
}

interface Compared extends ShadowComparison {
  appName: string;
  missing: readonly string[];
  ms: number;
  candidateMs: number;
}

/** Kept only in memory, so lost when the process ends. */
const MOST_CHANGES = 50;
const MOST_LINES = 60;
const MOST_CHARS = 1_000;
const MOST_TIMES = 1_000;

/** A process's shadow turns since its start: counts, times, and the latest changed turns. */
export class ShadowReport {
  readonly #now: () => number;
  readonly #sinceMs: number;
  readonly #counts: Record<ShadowOutcome, number> = {
    same: 0,
    harmless: 0,
    changed: 0,
    failed: 0,
    dropped: 0,
    skipped: 0,
  };
  readonly #byChange: Record<string, number> = {};
  readonly #notCompared: Record<string, number> = {};
  readonly #changed: ShadowChange[] = [];
  readonly #times: { ms: number; candidateMs: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** `reason`: why a turn was not compared, without anything of the conversation. */
  count(outcome: ShadowOutcome, reason?: string): void {
    this.#counts[outcome]++;
    if (reason !== undefined) this.#notCompared[reason] = (this.#notCompared[reason] ?? 0) + 1;
  }

  add({ appName, verdict, changes, missing, before, now, ms, candidateMs }: Compared): void {
    this.count(verdict);
    this.#times.push({ ms, candidateMs });
    if (this.#times.length > MOST_TIMES) this.#times.shift();
    if (verdict !== 'changed') return;
    for (const change of changes) this.#byChange[change] = (this.#byChange[change] ?? 0) + 1;
    const placeholders = new Placeholders();
    const lines = (items: readonly Item[]): string[] =>
      describeTurn(placeholders.of(items.slice(0, MOST_LINES)), [], {}).map((line) =>
        line.slice(0, MOST_CHARS),
      );
    this.#changed.push({
      at: this.#now(),
      appName,
      changes,
      missing,
      before: lines(before),
      now: lines(now),
    });
    if (this.#changed.length > MOST_CHANGES) this.#changed.shift();
  }

  /** A copy, for the operators' API. */
  toJson() {
    return {
      since: this.#sinceMs / 1_000,
      counts: { ...this.#counts },
      byChange: { ...this.#byChange },
      notCompared: { ...this.#notCompared },
      medianMs: median(this.#times.map(({ ms }) => ms)),
      candidateMedianMs: median(this.#times.map(({ candidateMs }) => candidateMs)),
      changed: [...this.#changed],
    };
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
