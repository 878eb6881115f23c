import { describe, expect, test } from 'bun:test';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { KeySet, type KeySetOptions } from './key-set.ts';
import { KeysUnavailableError, TokenError } from './token-error.ts';

const anyToken = { payload: '', signature: '' };
const SECOND = 1_000;

async function newKey(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
}

/** A key set with a clock and an issuer that the test controls. */
async function createCase(options: Partial<KeySetOptions> = {}) {
  const state = {
    nowMs: 1_000_000,
    requests: 0,
    outages: 0,
    keys: [await newKey('k1')] as JWK[],
    answer: undefined as (() => Promise<Response>) | undefined,
  };
  const keySet = new KeySet({
    url: 'https://issuer.example/keys',
    now: () => state.nowMs,
    onOutage: () => state.outages++,
    fetch: (async (_url: string, init: RequestInit) => {
      state.requests++;
      expect(init.redirect).toBe('error');
      return state.answer === undefined ? Response.json({ keys: state.keys }) : state.answer();
    }) as unknown as typeof fetch,
    ...options,
  });
  const find = async (kid: string) => {
    try {
      await keySet.find({ alg: 'ES256', kid }, anyToken);
      return 'found';
    } catch (error) {
      if (error instanceof TokenError) return error.refusal;
      if (error instanceof KeysUnavailableError) return `unavailable ${error.retryAfterMs}`;
      throw error;
    }
  };
  return { state, find };
}

const down = async () => new Response('down', { status: 503 });

describe('an issuer’s key set', () => {
  test('is fetched once for concurrent callers, and not again while the keys are fresh', async () => {
    const { state, find } = await createCase();
    expect(await Promise.all([find('k1'), find('k1'), find('k1')])).toEqual(['found', 'found', 'found']);
    state.nowMs += 600 * SECOND;
    expect(await find('k1')).toBe('found');
    expect(state.requests).toBe(1);
  });

  test('is fetched once per cool-down during a flood of unknown key ids', async () => {
    const { state, find } = await createCase();
    expect(await find('k1')).toBe('found');
    for (let second = 0; second < 90; second++) {
      state.nowMs += SECOND;
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => find(`unknown-${second}-${i}`)));
      expect(new Set(answers)).toEqual(new Set(['signature']));
    }
    // One at the start, then one per cool-down of 30 s.
    expect(state.requests).toBe(4);
  });

  test('loads a rotated key with the first token that names it', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.keys = [await newKey('k2')];
    state.nowMs += 31 * SECOND;
    expect(await find('k2')).toBe('found');
    expect(await find('k1')).toBe('signature');
  });

  test('is loaded again at once when the clock was put back', async () => {
    const { state, find } = await createCase({});
    state.answer = down;
    expect(await find('k1')).toBe('unavailable 2000');
    state.answer = undefined;
    state.nowMs -= 3_600 * SECOND;
    expect(await find('k1')).toBe('found');
    state.keys = [await newKey('k2')];
    state.nowMs -= 3_600 * SECOND;
    expect(await find('k2')).toBe('found');
    const { requests } = state;
    state.nowMs -= 3_600 * SECOND;
    expect(await find('k2')).toBe('found');
    expect(state.requests).toBe(requests + 1);
  });

  test('gives a rotated key to all concurrent callers', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.keys = [await newKey('k2')];
    state.nowMs += 31 * SECOND;
    expect(await Promise.all([find('k2'), find('k2'), find('k2')])).toEqual(['found', 'found', 'found']);
    expect(state.requests).toBe(2);
  });

  test('keeps serving during an outage, and refreshes in the background', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.answer = down;
    state.nowMs += 12 * 3_600 * SECOND;
    expect(await find('k1')).toBe('found');
    expect(await find('k1')).toBe('found');
    expect(state.requests).toBe(2);
    expect(state.outages).toBe(1);
    state.answer = undefined;
    state.keys = [await newKey('k2')];
    state.nowMs += 31 * SECOND;
    expect(await find('k1')).toBe('found');
    await Bun.sleep(0);
    expect(await find('k1')).toBe('signature');
  });

  test('keeps its keys when the issuer publishes none', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.keys = [];
    state.nowMs += 3_600 * SECOND;
    expect(await find('k1')).toBe('found');
    await Bun.sleep(0);
    expect(await find('k1')).toBe('found');
    expect(await find('k2')).toBe('unavailable 30000');
    expect(state.outages).toBe(1);
  });

  test('stops trusting keys that could not be renewed for a day', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.answer = down;
    state.nowMs += 24 * 3_600 * SECOND + 1;
    expect(await find('k1')).toBe('unavailable 2000');
  });

  test('reports an unknown key during an outage as the issuer being unavailable, not as a bad token', async () => {
    const { state, find } = await createCase();
    await find('k1');
    state.answer = down;
    state.nowMs += 31 * SECOND;
    expect(await find('k2')).toBe('unavailable 30000');
    state.nowMs += 10 * SECOND;
    expect(await find('k2')).toBe('unavailable 20000');
    expect(state.requests).toBe(2);
    expect(await find('k1')).toBe('found');
  });

  test('recovers two seconds after a start during an outage', async () => {
    const { state, find } = await createCase();
    state.answer = down;
    expect(await find('k1')).toBe('unavailable 2000');
    state.answer = undefined;
    state.nowMs += 1_999;
    expect(await find('k1')).toStartWith('unavailable');
    expect(state.requests).toBe(1);
    state.nowMs += 1;
    expect(await find('k1')).toBe('found');
  });

  test.each([
    ['longer than 150 KB', async () => Response.json({ keys: [], filler: 'x'.repeat(151 * 1024) })],
    [
      'an error that looks like keys',
      async () => Response.json({ keys: [await newKey('k1')] }, { status: 500 }),
    ],
    ['a key set without keys', async () => Response.json({ keys: [] })],
    ['no key set', async () => Response.json({ hello: 1 })],
    ['no JSON', async () => new Response('<html>')],
    [
      'a redirect',
      async () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
    ],
  ])('refuses an answer that is %s', async (_what, answer) => {
    const { state, find } = await createCase();
    state.answer = answer;
    expect(await find('k1')).toBe('unavailable 2000');
  });

  test('gives up on a slow issuer', async () => {
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      // Bun would otherwise end the connection after ten seconds, in place of our time limit.
      idleTimeout: 0,
      fetch: async () => new Promise<Response>(() => undefined),
    });
    const { find } = await createCase({ url: server.url.href, timeoutMs: 50, fetch });
    expect(await find('k1')).toBe('unavailable 2000');
    await server.stop(true);
  });

  test('does not guess between two keys when the token names none', async () => {
    const { state, find } = await createCase();
    state.keys = [await newKey('k1'), await newKey('k2')];
    expect(await find('k1')).toBe('found');
    state.nowMs += 31 * SECOND;
    expect(await find(undefined as unknown as string)).toBe('signature');
    // And it does not fetch: newer keys would not resolve the ambiguity.
    expect(state.requests).toBe(1);
  });
});
