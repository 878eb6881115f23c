import { afterAll, beforeAll, setDefaultTimeout, test } from 'bun:test';
import { playScript } from './disturbances.ts';
import { startFixture, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(90_000);

/** A sample; tests/long-browser plays the others. */
const SEEDS = [1, 3];

let fixture: BrowserFixture;
let fleet: Parameters<typeof playScript>[1];
beforeAll(async () => {
  fixture = await startFixture();
  fleet = { current: fixture.service, next: fixture.startTwin() };
});
afterAll(async () => {
  await fleet?.next;
  await fixture?.stop();
});

test.each(SEEDS)('whatever disturbs it, every page shows the session in the end: script %d', (seed) =>
  playScript(fixture, fleet, { seed, isHard: false }),
);
