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

/** "99.2 %", never rounded up. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? 'nothing' : `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)} %`;
}
