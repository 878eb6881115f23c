import { describe, expect, test } from 'bun:test';
import { createRotatingSecret } from '../secrets/secret.ts';
import { SealedCookie } from './sealed-cookie.ts';

const OLD = 'old-key-old-key-old-key-old-key-old';
const NEW = 'new-key-new-key-new-key-new-key-new';

function createCase(purpose = 'session') {
  const state = { nowMs: 1_000_000_000_000, key: OLD };
  const keys = createRotatingSecret({
    name: 'SESSION_KEY',
    initial: OLD,
    now: () => state.nowMs,
    read: async () => state.key,
  });
  return { state, keys, sealed: new SealedCookie({ keys, purpose, now: () => state.nowMs }) };
}

describe('a sealed cookie', () => {
  test('returns what was put in, until it expires', async () => {
    const { state, sealed } = createCase();
    const cookie = await sealed.seal({ sub: 'ada' }, 60);
    expect(await sealed.open(cookie)).toMatchObject({ sub: 'ada' });
    state.nowMs += 59_000;
    expect(await sealed.open(cookie)).toMatchObject({ sub: 'ada' });
    state.nowMs += 1_000;
    expect(await sealed.open(cookie)).toBeUndefined();
  });

  test('is bound to its purpose: a sign-in attempt is not a session', async () => {
    const { sealed, keys, state } = createCase();
    const attempt = new SealedCookie({ keys, purpose: 'sign-in attempt', now: () => state.nowMs });
    expect(await sealed.open(await attempt.seal({ sub: 'ada' }, 60))).toBeUndefined();
  });

  test('survives a rotation while the old key is second in the list, and no longer', async () => {
    const { state, sealed, keys } = createCase();
    const cookie = await sealed.seal({ sub: 'ada' }, 3600);
    state.key = `${NEW}, ${OLD}`;
    await keys.poll();
    expect(await sealed.open(cookie)).toMatchObject({ sub: 'ada' });
    const newer = await sealed.seal({ sub: 'ben' }, 3600);
    state.key = NEW;
    await keys.poll();
    expect(await sealed.open(cookie)).toBeUndefined();
    expect(await sealed.open(newer)).toMatchObject({ sub: 'ben' });
  });
});
