import { expect, test } from 'bun:test';
import { VirtualTime } from './clock.ts';
import { Cut } from './connection.ts';
import { World } from './world.ts';

test('the final state is read after the requests whose clients have given up', () => {
  const time = new VirtualTime(1);
  const seen: unknown[] = [];
  time.during(() => {
    const world = new World(time, {
      processes: 2,
      leaseMs: 1_500,
      seed: 1,
      store: 'SQLite',
      losesAnswersForMs: 0,
    });
    const work = async (): Promise<void> => {
      await time.sleep(30_000);
      seen.push('stored');
    };
    const play = async (): Promise<void> => {
      await world.request(1, work).catch((error: unknown) => seen.push(error instanceof Cut));
      await world.calm();
      seen.push('calm');
    };
    void play();
    time.run(() => seen.length === 3, time.now + 60_000);
    world.close();
  });
  expect(seen).toEqual([true, 'stored', 'calm']);
});
