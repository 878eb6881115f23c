import { expect, setDefaultTimeout, test } from 'bun:test';
import { playScript } from '../browser/disturbances.ts';
import { startFixture } from '../browser/fixture.ts';

/** The scripts to play; LORNU_SCRIPTS=1330,1376-1499 plays others. */
const SEEDS = seedsOf(process.env['LORNU_SCRIPTS'] ?? '1000-1499');
/** In parallel, each with its own service and browser profile: a script mostly waits. */
const AT_ONCE = Number(process.env['LORNU_SCRIPTS_AT_ONCE'] ?? 4);

setDefaultTimeout(100 * 60_000);

test(`${SEEDS.length} scripts of disturbances, with processes that are killed: every page shows the session in the end`, async () => {
  const failed: string[] = [];
  const left = [...SEEDS];
  /** Plays scripts one after the other on one service; a script that failed may have left it without a process. */
  async function workUntilFailure(): Promise<void> {
    const fixture = await startFixture();
    const fleet = { current: fixture.service, next: fixture.startTwin() };
    try {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
        const begunMs = performance.now();
        const failure = await playScript(fixture, fleet, { seed, isHard: true }).then(
          () => undefined,
          (error: unknown) => `script ${seed}: ${String(error)}`,
        );
        console.info(`script ${seed}: ${((performance.now() - begunMs) / 1_000).toFixed(1)} s`);
        if (failure === undefined) continue;
        console.error(failure);
        failed.push(failure);
        return;
      }
    } finally {
      await fleet.next.catch(() => undefined);
      await fixture.stop();
    }
  }
  async function work(): Promise<void> {
    while (left.length > 0) await workUntilFailure();
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(failed).toEqual([]);
});

/** `1330,1376-1499` as numbers. */
function seedsOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
