import { expect, test } from 'bun:test';
import { Deadlock, Locks } from './locks.ts';

/** Records what has settled, in order. */
function watch(): { note: (label: string, work: Promise<void>) => void; seen: () => Promise<string[]> } {
  const seen: string[] = [];
  return {
    note: (label, work) =>
      void work.then(
        () => seen.push(label),
        (error: unknown) => seen.push(`${label}: ${error instanceof Deadlock ? 'deadlock' : 'refused'}`),
      ),
    seen: async () => {
      await Bun.sleep(1);
      return [...seen];
    },
  };
}
const owner = (age: number) => ({ age });

test('many may read at once; a writer waits for all of them, and a later reader for the writer', async () => {
  const locks = new Locks();
  const { note, seen } = watch();
  const [first, second, writer, late] = [owner(1), owner(2), owner(3), owner(4)];
  note('first', locks.acquire(first, ['a'], 'shared'));
  note('second', locks.acquire(second, ['a'], 'shared'));
  note('writer', locks.acquire(writer, ['a'], 'exclusive'));
  note('late', locks.acquire(late, ['a'], 'shared'));
  note('elsewhere', locks.acquire(late, ['b'], 'shared'));
  expect(await seen()).toEqual(['first', 'second', 'elsewhere']);
  locks.release(first);
  expect(await seen()).toHaveLength(3);
  locks.release(second);
  expect(await seen()).toEqual(['first', 'second', 'elsewhere', 'writer']);
  locks.release(writer);
  expect(await seen()).toEqual(['first', 'second', 'elsewhere', 'writer', 'late']);
});

test('of two that read and then write the same, the younger fails, whichever requested first', async () => {
  for (const order of [
    [1, 2],
    [2, 1],
  ]) {
    const locks = new Locks();
    const { note, seen } = watch();
    const owners = order.map(owner);
    for (const each of owners) await locks.acquire(each, ['a'], 'shared');
    for (const each of owners) note(`${each.age}`, locks.acquire(each, ['a'], 'exclusive'));
    expect((await seen()).toSorted()).toEqual(['1', '2: deadlock']);
  }
});

test('a cycle of three is broken by failing its youngest, and the others continue', async () => {
  const locks = new Locks();
  const { note, seen } = watch();
  const owners = [owner(1), owner(2), owner(3)];
  const names = ['a', 'b', 'c'];
  for (const [index, each] of owners.entries()) await locks.acquire(each, [names[index]!], 'shared');
  for (const [index, each] of owners.entries())
    note(`${each.age}`, locks.acquire(each, [names[(index + 1) % 3]!], 'exclusive'));
  expect((await seen()).toSorted()).toEqual(['2', '3: deadlock']);
  locks.release(owners[1]!);
  expect((await seen()).at(-1)).toBe('1');
});

test('an owner that writes what it has read does not queue behind others that wait for it', async () => {
  const locks = new Locks();
  const { note, seen } = watch();
  const [reader, plain] = [owner(1), owner(2)];
  await locks.acquire(reader, ['a'], 'shared');
  note('plain', locks.acquire(plain, ['b', 'a'], 'exclusive'));
  note('reader', locks.acquire(reader, ['a', 'b'], 'exclusive'));
  expect(await seen()).toEqual(['reader']);
  locks.release(reader);
  expect(await seen()).toEqual(['reader', 'plain']);
});

test('an owner that stops waiting leaves the queue, and nobody waits for it', async () => {
  const locks = new Locks();
  const { note, seen } = watch();
  const given = new AbortController();
  const [reader, writer, late] = [owner(1), owner(2), owner(3)];
  await locks.acquire(reader, ['a'], 'shared');
  note('writer', locks.acquire(writer, ['a'], 'exclusive', given.signal));
  note('late', locks.acquire(late, ['a'], 'shared'));
  expect(await seen()).toEqual([]);
  given.abort(new Error('gone'));
  expect((await seen()).toSorted()).toEqual(['late', 'writer: refused']);
});
