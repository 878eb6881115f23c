import { expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../standins/firestore/server.ts';
import { surviveOneKill } from '../firestore/survivor.ts';

const TURNS = 60;
const LEASE_MS = 15_000;
/** The longest that a heartbeat holds, however overloaded the machine is. */
const LONGEST_HELD_MS = 5 * LEASE_MS;
/** From the end of the last heartbeat until the turns go on. */
const TAKEOVER_MS = 5_000;
/** How long Firestore keeps the locks of a client that died. */
const LOCKED_MS = 60_000;
const p99 = (waits: readonly number[]): number | undefined => waits[Math.ceil(waits.length * 0.99) - 1];

test.each([
  ['as staging is', 'OPTIMISTIC', LEASE_MS + TAKEOVER_MS],
  ['with locks', 'PESSIMISTIC', LOCKED_MS + 10_000],
] as const)(
  `${TURNS} turns, one kill -9, on a database %s: every turn goes on in its time`,
  async (_what, concurrencyMode, withinMs) => {
    const standin = await startFirestoreStandin({ databases: ['staging'], concurrencyMode });
    const options = { turns: TURNS, leaseMs: LEASE_MS, roundTripMs: 20 };
    const { ends, waits, heldMs, answers } = await surviveOneKill(standin, options).finally(() =>
      standin.stop(),
    );
    expect(ends).toEqual(ends.map(() => 'ended'));
    expect(answers).toEqual(answers.map(() => [200, ': run completed']));
    console.log(`p99 ${Math.round(p99(waits) ?? 0)} ms, the heartbeat held for ${Math.round(heldMs)} ms`);
    expect(heldMs).toBeLessThanOrEqual(LONGEST_HELD_MS);
    expect(p99(waits)).toBeLessThan(Math.max(withinMs, heldMs + TAKEOVER_MS));
  },
  240_000,
);
