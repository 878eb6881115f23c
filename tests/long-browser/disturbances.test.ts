import { expect, setDefaultTimeout, test } from 'bun:test';
import { playScript } from '../browser/disturbances.ts';
import { startFixture } from '../browser/fixture.ts';

const SCRIPTS = 500;
/** In parallel, each with its own service and browser: a script mostly waits. */
const AT_ONCE = 4;
const FIRST_SEED = 1_000;

setDefaultTimeout(100 * 60_000);

test(`${SCRIPTS} scripts of disturbances, with processes that are killed: every page shows the session in the end`, async () => {
  const failed: string[] = [];
  let next = FIRST_SEED;
  /** Plays scripts one after the other on one service; a script that failed may have left it without a process. */
  async function workUntilFailure(): Promise<void> {
    // Long enough for a busy machine to renew it; the default of 15 s would be most of the time.
    const fixture = await startFixture({ env: { LORNU_LEASE_MS: '6000' } });
    const fleet = { current: fixture.service, next: fixture.startTwin() };
    let seed = next;
    try {
      while (next < FIRST_SEED + SCRIPTS) {
        seed = next++;
        // oxlint-disable-next-line no-await-in-loop -- one script after the other
        await playScript(fixture, fleet, { seed, isHard: true });
      }
    } catch (error) {
      failed.push(`script ${seed}: ${String(error)}`);
    } finally {
      await fleet.next.catch(() => undefined);
      await fixture.stop();
    }
  }
  async function work(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- one service after the other
    while (next < FIRST_SEED + SCRIPTS) await workUntilFailure();
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(failed).toEqual([]);
});
