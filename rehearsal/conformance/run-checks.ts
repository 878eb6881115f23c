import { isDeepStrictEqual } from 'node:util';
import type { Check, Seen } from './check.ts';
import type { World } from './world.ts';

/** The result of one check, or the reason why there is none. */
export type Observation = { id: string } & ({ seen: Seen } | { failed: string });

/** A recording of AWS: the result of each check there. */
export type Recorded = ReadonlyMap<string, { seen: Seen; on: string }>;

/**
 * same: equal to the recording of AWS. by the document: there is no recording, and the result is what the sentence
 * says. otherwise: the known difference of the check. differs: none of these. failed: there is no result.
 */
export type Verdict = 'same' | 'by the document' | 'otherwise' | 'differs' | 'failed';

export interface Result {
  id: string;
  verdict: Verdict;
  seen?: Seen;
  /** The recorded result of AWS; without a recording, the result that the sentence implies. */
  expected: Seen;
  /** The day of the recording. */
  recorded?: string;
  /** AWS itself differs from the sentence. */
  againstDocument?: true;
  why?: string;
}

/** The number of checks that run at the same time. */
const AT_ONCE = 24;

/** Runs the checks. Checks of the same scene wait for it together. */
export async function observe(
  world: World,
  checks: readonly Check[],
  signal: AbortSignal,
  onDone: (observation: Observation) => void,
): Promise<Observation[]> {
  const waiting = [...checks];
  const observations: Observation[] = [];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check && !signal.aborted; check = waiting.shift()) {
      const { id } = check;
      const observation = await check.observe(world).then(
        (seen): Observation => ({ id, seen }),
        (error: unknown): Observation => ({
          id,
          failed: error instanceof Error ? error.message : String(error),
        }),
      );
      observations.push(observation);
      onDone(observation);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return observations;
}

/** Compares an observation of the rehearsal with the recording of AWS, or with the sentence. */
export function judge(check: Check, observation: Observation, recorded: Recorded): Result {
  const { id, expected, otherwise } = check;
  const known = recorded.get(id);
  const wanted = known ? known.seen : expected;
  const result = {
    id,
    expected: wanted,
    ...(known ? { recorded: known.on } : {}),
    ...(known && !isDeepStrictEqual(known.seen, expected) ? { againstDocument: true as const } : {}),
  };
  if ('failed' in observation) return { ...result, verdict: 'failed', why: observation.failed };
  const { seen } = observation;
  if (isDeepStrictEqual(seen, wanted))
    return { ...result, seen, verdict: known ? 'same' : 'by the document' };
  if (otherwise !== undefined) return { ...result, seen, verdict: 'otherwise', why: otherwise };
  return { ...result, seen, verdict: 'differs' };
}
