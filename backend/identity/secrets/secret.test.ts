import { describe, expect, test } from 'bun:test';
import { createRotatingSecret, fixedSecret } from './secret.ts';

function createCase() {
  const state = { nowMs: 0, stored: 'one', reads: 0, rotated: [] as string[] };
  const secret = createRotatingSecret({
    name: 'KEY',
    initial: 'one',
    now: () => state.nowMs,
    read: async () => {
      state.reads++;
      return state.stored;
    },
    onRotated: (name) => state.rotated.push(name),
  });
  return { state, secret };
}

describe('a rotating secret', () => {
  test('returns the newest known value', async () => {
    const { state, secret } = createCase();
    state.stored = 'two';
    expect(secret.current()).toBe('one');
    await secret.poll();
    expect(secret.current()).toBe('two');
    await secret.poll();
    expect(state.rotated).toEqual(['KEY']);
  });

  test('has a replacement without another read if the value changed since the refusal', async () => {
    const { state, secret } = createCase();
    state.stored = 'two';
    await secret.poll();
    state.nowMs += 10_000;
    expect(await secret.refresh('one')).toBe(true);
    expect(state.reads).toBe(1);
  });

  test('is read once for all callers whose value was refused, and at most every two seconds', async () => {
    const { state, secret } = createCase();
    state.nowMs = 10_000;
    expect(await Promise.all([secret.refresh('one'), secret.refresh('one')])).toEqual([false, false]);
    expect(await secret.refresh('one')).toBe(false);
    expect(state.reads).toBe(1);
    state.nowMs += 2_000;
    state.stored = 'two';
    expect(await secret.refresh('one')).toBe(true);
    expect(state.reads).toBe(2);
  });

  test('is read again when the clock was put back', async () => {
    const { state, secret } = createCase();
    state.nowMs = 3_600_000;
    expect(await secret.refresh('one')).toBe(false);
    state.nowMs = 0;
    state.stored = 'two';
    expect(await secret.refresh('one')).toBe(true);
  });

  test('is never empty, whatever its source returns', async () => {
    const { state, secret } = createCase();
    state.stored = '';
    await secret.poll();
    expect(secret.current()).toBe('one');
  });
});

test('a fixed secret has no newer value', async () => {
  const secret = fixedSecret('one');
  expect([secret.current(), await secret.refresh('one')]).toEqual(['one', false]);
});
