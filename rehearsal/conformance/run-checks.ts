import { isDeepStrictEqual } from 'node:util';
import type { Check, Seen } from './check.ts';
import type { World } from './world.ts';

/** What one check saw, or why it saw nothing. */
export type Observation = { id: string } & ({ seen: Seen } | { failed: string });

/** A recording of AWS: what each check saw there. */
export type Recorded = ReadonlyMap<string, { seen: Seen; on: string }>;

/**
 * same: as AWS was seen to do; by the document: AWS was never looked at, and it does what the sentence says; otherwise:
 * a known difference, as its row says; differs: none of these; failed: nothing was seen.
 */
export type Verdict = 'same' | 'by the document' | 'otherwise' | 'differs' | 'failed';

export interface Result {
  id: string;
  verdict: Verdict;
  seen?: Seen;
  /** What AWS did, or what the sentence says where it was never looked at. */
  expected: Seen;
  /** When AWS was looked at. */
  recorded?: string;
  /** AWS itself does otherwise than the sentence says. */
  againstDocument?: true;
  why?: string;
}

/** How many checks are made at once. */
const AT_ONCE = 24;

/** Makes the checks; those that watch the same scene wait for it together. */
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
      // oxlint-disable-next-line no-await-in-loop -- each of the workers makes one after the other
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

/** Holds an observation of the rehearsal against AWS's recording, or against the sentence. */
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
