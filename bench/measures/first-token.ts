import { runLoad } from '../load/run-load.ts';
import { perTarget, type PerTarget, TARGETS, type Targets } from '../targets.ts';

/**
 * Median time to the first token for one caller, in milliseconds; the least of the rounds, because other work on the
 * machine can only add to it.
 */
export type FirstToken = PerTarget<number>;

/** The stand-in pauses between chunks, which reveals a server that holds the first one back. */
export async function measureFirstToken({ servers }: Targets, rounds: number): Promise<FirstToken> {
  const seen = perTarget((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of TARGETS) {
      const { firstTokenMs } = await runLoad({
        kind: 'turns',
        url: servers[name].url,
        app: 'plain',
        text: 'hello in 4 chunks every 5 ms',
        frames: 4,
        clients: 1,
        seconds: 3,
      });
      seen[name].push(firstTokenMs.p50);
    }
  }
  return perTarget((name) => Math.min(...seen[name]));
}
