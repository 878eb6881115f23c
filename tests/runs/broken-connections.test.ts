import { afterAll, expect, test } from 'bun:test';
import {
  attach,
  cancelRun,
  listRuns,
  readStream,
  sendMessage,
  type Conversation,
  type ReceivedFrame,
} from './client.ts';
import { Cluster } from './cluster.ts';
import { findFaults } from './conversation-check.ts';
import { patiently } from '../support/until.ts';
import { createSession } from './create-session.ts';

const NUMBERS = 40;
const ASKED = {
  text: `count to ${NUMBERS} every 60 ms`,
  expected: Array.from({ length: NUMBERS }, (_, index) => index + 1).join(' '),
};
let sessions = 0;

const cluster = await Cluster.start(2, { LORNU_LEASE_MS: '1500', LORNU_DRAIN_MS: '300' });
afterAll(() => cluster.stop());

async function conversation(baseUrl = cluster.url): Promise<Conversation> {
  const made = { baseUrl, appName: 'lornu', userId: 'u', sessionId: `s${sessions++}` };
  await patiently(() => createSession(made));
  return made;
}

/** Sends a message, and runs a disturbance after a number of frames. */
async function talk(
  made: Conversation,
  happens: (frameCount: number) => unknown,
): Promise<{ frames: ReceivedFrame[]; troubles: number }> {
  const frames: ReceivedFrame[] = [];
  let troubles = 0;
  const onTrouble = (): void => void troubles++;
  for await (const frame of sendMessage(made, ASKED.text, { onTrouble })) {
    frames.push(frame);
    happens(frames.length);
  }
  return { frames, troubles };
}

test('a short network failure: the client continues where it was', async () => {
  const made = await conversation();
  const { frames, troubles } = await talk(made, (count) => count === 8 && cluster.cutConnections());
  expect(await findFaults(made, frames, ASKED)).toEqual([]);
  expect(troubles).toBeGreaterThan(0);
});

test('a page that is closed in the middle and opened again gets the whole turn, from any process', async () => {
  const made = await conversation();
  const leave = new AbortController();
  const first: ReceivedFrame[] = [];
  const seeing = sendMessage(made, ASKED.text, { signal: leave.signal });
  for await (const frame of seeing) {
    first.push(frame);
    if (first.length === 8) break;
  }
  leave.abort();
  await Bun.sleep(200);
  for (const index of [0, 1]) {
    const begin = performance.now();
    const response = await attach({ ...made, baseUrl: cluster.urlOf(index) }, first[0]?.runId ?? '');
    const frames: ReceivedFrame[] = [];
    for await (const frame of readStream(response)) {
      if (frames.length === 0)
        console.log(
          `process ${index}: first replayed frame after ${(performance.now() - begin).toFixed(1)} ms`,
        );
      frames.push(frame);
    }
    expect(frames.slice(0, 8).map(({ data }) => data)).toEqual(first.map(({ data }) => data));
    expect(await findFaults(made, frames, ASKED)).toEqual([]);
  }
});

test('a process is paused beyond its lease and wakes up: the turn was continued elsewhere, once', async () => {
  const made = await conversation(cluster.urlOf(0));
  const viaProxy = { ...made, baseUrl: cluster.url };
  const frames: ReceivedFrame[] = [];
  const first = sendMessage(made, ASKED.text);
  for await (const frame of first) {
    frames.push(frame);
    if (frames.length === 8) break;
  }
  cluster.signal(0, 'SIGSTOP');
  const elsewhere = { ...made, baseUrl: cluster.urlOf(1) };
  for (let n = 0; n < 200 && (await listRuns(elsewhere))[0]?.state === 'running'; n++) {
    // It wakes up while the other process is in the middle of its part.
    if (n === 30) cluster.signal(0, 'SIGCONT');
    await Bun.sleep(50);
  }
  cluster.signal(0, 'SIGCONT');
  await Bun.sleep(500);
  const all: ReceivedFrame[] = [];
  for await (const frame of readStream(await attach(elsewhere, frames[0]?.runId ?? ''))) all.push(frame);
  expect(all.slice(0, 8)).toEqual(frames);
  expect(await findFaults(viaProxy, all, ASKED)).toEqual([]);
});

test('a deploy: a process that shuts down hands its runs over, and clients notice nothing', async () => {
  const made = await conversation();
  const { frames } = await talk(made, (count) => {
    if (count === 8) cluster.signal(0, 'SIGTERM');
    if (count === 25) cluster.signal(1, 'SIGTERM');
  });
  expect(await findFaults(made, frames, ASKED)).toEqual([]);
});

test('a cancel at any process stops the turn, and the next message is answered', async () => {
  const made = await conversation();
  const frames: ReceivedFrame[] = [];
  let answer: Promise<{ state: string }> | undefined;
  for await (const frame of sendMessage(made, 'count to 1000 every 30 ms')) {
    frames.push(frame);
    if (frames.length === 8) answer = cancelRun(made);
  }
  expect(await answer).toMatchObject({ state: 'cancelled' });
  expect(frames.length).toBeLessThan(500);
  const last = frames.at(-1)?.data as { interrupted?: boolean };
  expect(last.interrupted).toBe(true);
  const next: ReceivedFrame[] = [];
  for await (const frame of sendMessage(made, 'hello')) next.push(frame);
  expect(next.length).toBeGreaterThan(0);
});
