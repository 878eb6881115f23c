import { describe, expect, test } from 'bun:test';
import { runSideBySide, type Schedulable } from './schedule.ts';

/** Runs items that take the given number of ticks each; returns what runs at the end of each tick. */
async function timeline(
  items: readonly (Schedulable & { ticks?: number })[],
  cores: number,
): Promise<string[]> {
  const running = new Map<string, { left: number; end: () => void }>();
  const seen: string[] = [];
  const all = runSideBySide(items, cores, async ({ name, ticks = 1 }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    running.set(name, { left: ticks, end: resolve });
    await promise;
  });
  const outcome = { isOver: false };
  const over = all.finally(() => (outcome.isOver = true));
  over.catch(() => undefined);
  // One turn of the event loop starts everything that may start.
  for (await Bun.sleep(0); !outcome.isOver; await Bun.sleep(0)) {
    seen.push([...running.keys()].join('+'));
    for (const [name, item] of running) {
      item.left -= 1;
      if (item.left > 0) continue;
      running.delete(name);
      item.end();
    }
  }
  await all;
  return seen;
}

describe('suites in parallel', () => {
  test('run in order, as many as fit the cores', async () => {
    const items = ['a', 'b', 'c'].map((name) => ({ name, cores: 1 }));
    expect(await timeline(items, 2)).toEqual(['a+b', 'c']);
    expect(await timeline(items, 3)).toEqual(['a+b+c']);
  });

  test('fit if their sum equals the cores', async () => {
    const items = [0.6, 0.7, 0.7].map((cores, index) => ({ name: `${index}`, cores }));
    expect(await timeline(items, 2)).toEqual(['0+1+2']);
  });

  test('overtake one that does not fit yet, which runs as soon as it does', async () => {
    const items = [
      { name: 'long', cores: 0.5, ticks: 3 },
      { name: 'wide', cores: 2 },
      { name: 'small', cores: 1.5 },
    ];
    expect(await timeline(items, 2)).toEqual(['long+small', 'long', 'long', 'wide']);
  });

  test('run alone if they need more cores than there are', async () => {
    const items = [
      { name: 'wide', cores: 2 },
      { name: 'small', cores: 0.5 },
    ];
    expect(await timeline(items, 1)).toEqual(['wide', 'small']);
  });

  test('without a number of cores run alone, at the end', async () => {
    const items = [
      { name: 'alone' },
      { name: 'alone too' },
      ...['a', 'b'].map((name) => ({ name, cores: 1 })),
    ];
    expect(await timeline(items, 2)).toEqual(['a+b', 'alone', 'alone too']);
  });

  test('wait for those whose results they read, if these run at all', async () => {
    const items = [
      { name: 'plans', cores: 1, ticks: 2 },
      { name: 'reads', cores: 1, after: ['plans', 'not asked for'] },
      { name: 'other', cores: 0.5 },
      { name: 'reads too', cores: 1, after: ['alone'] },
      { name: 'alone' },
    ];
    expect(await timeline(items, 2)).toEqual(['plans+other', 'plans', 'reads', 'alone', 'reads too']);
  });

  test('that wait for each other are refused', async () => {
    const items = [
      { name: 'a', cores: 1, after: ['b'] },
      { name: 'b', cores: 1, after: ['a'] },
    ];
    expect(timeline(items, 2)).rejects.toThrow('They wait for each other: a, b');
  });

  test('stop at a failure, which is rethrown', async () => {
    const begun: string[] = [];
    const items = ['a', 'b'].map((name) => ({ name, cores: 1 }));
    const run = runSideBySide(items, 1, async ({ name }) => {
      begun.push(name);
      throw new Error('broken');
    });
    expect(run).rejects.toThrow('broken');
    await run.catch(() => undefined);
    expect(begun).toEqual(['a']);
  });
});
