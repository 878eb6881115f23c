import { shuffled } from '@lornu/ops/base/seeded.ts';
import type { Judged } from './judge-mutants.ts';
import { KNOWN_SURVIVORS, type KnownSurvivor } from './known-survivors.ts';

export interface OperatorScore {
  operator: string;
  noticed: number;
  tried: number;
}

export interface Score {
  noticed: number;
  tried: number;
  operators: OperatorScore[];
  /** Undetected, and not in the list of known survivors. */
  unexpected: string[];
  /** Undetected, with their verdict in the list. */
  known: KnownSurvivor[];
  /** In the list of known survivors, but detected now. */
  noticedByNow: string[];
}

/** The summary of the judged mutants. */
export function scoreOf(judged: readonly Judged[], knownSurvivors = KNOWN_SURVIVORS): Score {
  const known = new Map(knownSurvivors.map((survivor) => [survivor.id, survivor]));
  const operators = new Map<string, OperatorScore>();
  const score: Score = { noticed: 0, tried: 0, operators: [], unexpected: [], known: [], noticedByNow: [] };
  for (const { mutant, noticed } of judged) {
    const row = operators.get(mutant.operator) ?? { operator: mutant.operator, noticed: 0, tried: 0 };
    operators.set(mutant.operator, row);
    row.tried += 1;
    score.tried += 1;
    const survivor = known.get(mutant.id);
    if (noticed) {
      row.noticed += 1;
      score.noticed += 1;
      if (survivor) score.noticedByNow.push(mutant.id);
    } else if (survivor) score.known.push(survivor);
    else score.unexpected.push(mutant.id);
  }
  return { ...score, operators: [...operators.values()] };
}

/**
 * Judges mutants in the seed's order within the given time, and prints the findings and the figure. `all`: whether the
 * time was enough for all of them.
 */
export function scoreMutants<M>(
  mutants: readonly M[],
  judgeOne: (mutant: M) => Judged | undefined,
  how: {
    /** "wrong configurations", for the figure. */
    what: string;
    operators: readonly { name: string; title: string }[];
    known: readonly KnownSurvivor[];
    seed: number;
    forMs: number;
  },
): { score: Score; all: boolean } {
  const endMs = performance.now() + how.forMs;
  const judged: Judged[] = [];
  let looked = 0;
  for (const mutant of shuffled(mutants, how.seed)) {
    if (performance.now() > endMs) break;
    looked += 1;
    const result = judgeOne(mutant);
    if (result) judged.push(result);
  }
  const score = scoreOf(judged, how.known);
  for (const { operator, noticed, tried } of score.operators.toSorted((a, b) =>
    a.operator.localeCompare(b.operator),
  )) {
    const title = how.operators.find(({ name }) => name === operator)?.title ?? '';
    process.stdout.write(
      `${String(noticed).padStart(5)} of ${String(tried).padEnd(5)} ${operator.padEnd(17)} ${title}\n`,
    );
  }
  for (const { id, verdict, why } of score.known) process.stdout.write(`${verdict}: ${id} (${why})\n`);
  for (const id of score.unexpected) process.stdout.write(`unnoticed: ${id}\n`);
  const all = looked === mutants.length;
  process.stdout.write(
    `figure: ${score.noticed} of ${score.tried} ${how.what} noticed, ${percent(score.noticed, score.tried)} ` +
      `(${how.operators.length} operators; ${all ? 'all of them' : `a sample of ${mutants.length}`}; seed ${how.seed}; ` +
      `${score.known.length} survivors with a verdict, ${score.unexpected.length} without)\n`,
  );
  return { score, all };
}

/** "99.2 %", never rounded up. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? 'nothing' : `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)} %`;
}
