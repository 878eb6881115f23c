import { expect, test } from 'bun:test';
import { VirtualTime } from './clock.ts';
import { Cut } from './connection.ts';
import { keyOf, World } from './world.ts';

/** Plays in a world of two processes on SQLite, until it is over or five minutes have passed. */
function inWorld(play: (world: World) => Promise<void>): void {
  const time = new VirtualTime(1);
  time.during(() => {
    const options = { processes: 2, leaseMs: 1_500, seed: 1, store: 'SQLite', losesAnswersForMs: 0 } as const;
    const world = new World(time, options);
    let isOver = false;
    void play(world).then(() => (isOver = true));
    time.run(() => isOver, time.now + 300_000);
    world.close();
  });
}

test('the final state is read after requests whose clients have given up', () => {
  const seen: unknown[] = [];
  inWorld(async (world) => {
    const work = async (): Promise<void> => {
      await world.time.sleep(30_000);
      seen.push('stored');
    };
    await world.request(1, work).catch((error: unknown) => seen.push(error instanceof Cut));
    await world.calm();
    seen.push('calm');
  });
  expect(seen).toEqual([true, 'stored', 'calm']);
});

test('the final state is read after the late answers of the store, also to calls that are no request', () => {
  const CALLS = 100;
  let answered = 0;
  let answeredBefore: number | undefined;
  inWorld(async (world) => {
    world.delayAnswers(1, 1_000);
    await world.request(1, async ({ sessions }) => {
      for (let call = 0; call < CALLS; call++) void sessions.getSession(keyOf('s1')).then(() => answered++);
    });
    await world.calm();
    answeredBefore = answered;
  });
  expect(answeredBefore).toBe(CALLS);
});
