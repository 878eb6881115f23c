import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Server } from '../../ops/servers/server.ts';
import type { Wire } from '../firestore/events.ts';
import { openTwoClouds, type TwoClouds } from '../firestore/two-clouds.ts';
import { until } from '../support/until.ts';

const SESSIONS = '/apps/lornu/users/ann/sessions';
let clouds: TwoClouds;
let server: Server;

beforeAll(async () => {
  clouds = await openTwoClouds();
  server = await clouds.startAws();
});
afterAll(() => clouds?.close(), 30_000);

const counted = (n: number): string => Array.from({ length: n }, (_, index) => index + 1).join(' ');
const ready = async (): Promise<number> => (await fetch(`${server.url}/ready`)).status;

async function say(sessionId: string, text: string): Promise<Response> {
  return fetch(`${server.url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      appName: 'lornu',
      userId: 'ann',
      sessionId,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text }] },
    }),
  });
}

async function texts(sessionId: string): Promise<string[]> {
  const session = (await (await fetch(`${server.url}${SESSIONS}/${sessionId}`)).json()) as Wire;
  return session['events'].map((event: Wire) =>
    event['content'].parts.map((part: Wire) => part['text'] ?? '').join(''),
  );
}

async function untilReady(status: number): Promise<void> {
  await until(async () => (await ready()) === status, {
    withinMs: 60_000,
    what: `Status ${status} of /ready`,
  });
}

test.each([
  ['the turn goes on beyond it', 'count to 100 every 500 ms', 100],
  ['the turn ends within it', 'count to 20 every 500 ms', 20],
])(
  'Firestore away for 30 s in the middle of a turn: %s',
  async (name, text, numbers) => {
    const id = name.replaceAll(' ', '-');
    await fetch(`${server.url}${SESSIONS}/${id}`, { method: 'POST' });
    const answer = await say(id, text);
    const listening = answer.text();
    await Bun.sleep(2_000);
    clouds.firestore.pause();
    const backAt = performance.now() + 30_000;
    await untilReady(503);
    await Bun.sleep(Math.max(0, backAt - performance.now()));
    await clouds.firestore.resume();
    expect(await listening).toContain(': run completed');
    await untilReady(200);
    expect(await texts(id)).toEqual([text, counted(numbers)]);
    expect(await (await say(id, 'hello')).text()).toContain(': run completed');
  },
  180_000,
);

test('Firestore slow by 5 s a call: a turn is slow, and stores each event once', async () => {
  await fetch(`${server.url}${SESSIONS}/slow`, { method: 'POST' });
  clouds.firestore.delayMs = 5_000;
  const stream = await (await say('slow', 'count to 10 every 100 ms')).text();
  clouds.firestore.delayMs = 0;
  expect(stream).toContain(': run completed');
  expect(await texts('slow')).toEqual(['count to 10 every 100 ms', counted(10)]);
}, 180_000);
