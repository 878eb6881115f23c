import { status } from '@grpc/grpc-js';
import { expect, test } from 'bun:test';
import { Transactions } from './transactions.ts';

/** Versions of documents, which a test increments as a write would. */
class Versions {
  readonly #numbers = new Map<string, number>();
  readonly of = (name: string): number => this.#numbers.get(name) ?? 0;
  readonly raise = (name: string) => (): number => {
    this.#numbers.set(name, this.of(name) + 1);
    return this.of(name);
  };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'ok',
    (error: { code?: unknown }) => error.code,
  );
const isPending = async (work: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([work, Bun.sleep(20).then(() => 'pending')])) === 'pending';

test('a plain write waits for a transaction that read the document, until it commits or is rolled back', async () => {
  for (const end of ['commit', 'rollback'] as const) {
    const versions = new Versions();
    const transactions = new Transactions(versions.of);
    const id = transactions.begin();
    await transactions.reading(id, ['a']);
    const plain = transactions.committing(undefined, ['a'], versions.raise('a'));
    expect(await isPending(plain)).toBe(true);
    if (end === 'rollback') transactions.rollback(id);
    else expect(await transactions.committing(id, ['a'], versions.raise('a'))).toBe(1);
    expect(await plain).toBe(end === 'commit' ? 2 : 1);
  }
});

test("a dead client's reads stay locked until the idle time of its transaction has passed, and not longer", async () => {
  const versions = new Versions();
  const transactions = new Transactions(versions.of, 'PESSIMISTIC', { idleMs: 150 });
  const dead = transactions.begin();
  await transactions.reading(dead, ['a']);
  const began = performance.now();
  const next = transactions.begin();
  await transactions.reading(next, ['a']);
  // It waits longer than the idle time: waiting is not idle.
  expect(await transactions.committing(next, ['a'], versions.raise('a'))).toBe(1);
  expect(performance.now() - began).toBeGreaterThan(100);
  expect(await codeOf(transactions.committing(dead, ['a'], versions.raise('a')))).toBe(
    status.INVALID_ARGUMENT,
  );
});

test('each read restarts the idle time, and the total time ends a transaction that keeps reading', async () => {
  const versions = new Versions();
  const transactions = new Transactions(versions.of, 'PESSIMISTIC', { idleMs: 200, lifetimeMs: 500 });
  const id = transactions.begin();
  const reads: unknown[] = [];
  const began = performance.now();
  do {
    await Bun.sleep(50);
    reads.push(await codeOf(transactions.reading(id, ['a'])));
  } while (reads.at(-1) === 'ok' && performance.now() - began < 5_000);
  expect(performance.now() - began).toBeGreaterThan(400);
  expect(reads.at(-1)).toBe(status.INVALID_ARGUMENT);
});

test('of two that read and then write the same, one is stored and one ABORTED; a retry keeps its age', async () => {
  const versions = new Versions();
  const transactions = new Transactions(versions.of);
  const [first, second] = [transactions.begin(), transactions.begin()];
  await transactions.reading(first, ['a']);
  await transactions.reading(second, ['a']);
  const both = [second, first].map((id) => codeOf(transactions.committing(id, ['a'], versions.raise('a'))));
  expect(await Promise.all(both)).toEqual([status.ABORTED, 'ok']);

  const again = transactions.begin({ readWrite: { retryTransaction: second } });
  const younger = transactions.begin();
  await transactions.reading(younger, ['a']);
  await transactions.reading(again, ['a']);
  const next = [younger, again].map((id) => codeOf(transactions.committing(id, ['a'], versions.raise('a'))));
  expect(await Promise.all(next)).toEqual([status.ABORTED, 'ok']);
});

test('optimistic: nobody waits, the first commit wins, and a dead client blocks nobody', async () => {
  const versions = new Versions();
  const transactions = new Transactions(versions.of, 'OPTIMISTIC');
  const [first, second, dead] = [transactions.begin(), transactions.begin(), transactions.begin()];
  for (const id of [first, second, dead]) await transactions.reading(id, ['a']);
  expect(await transactions.committing(second, ['a'], versions.raise('a'))).toBe(1);
  expect(await codeOf(transactions.committing(first, ['a'], versions.raise('a')))).toBe(status.ABORTED);
  expect(await transactions.committing(undefined, ['a'], versions.raise('a'))).toBe(2);
});

test('a read-only transaction, whose snapshot the stand-in does not support, is refused', () => {
  const transactions = new Transactions(new Versions().of);
  expect(() => transactions.begin({ readOnly: {} })).toThrow('keeps no older versions');
});
