import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startService } from '../../ops/servers/agent-servers.ts';
import type { Server } from '../../ops/servers/server.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { readStream, type Conversation } from '../runs/client.ts';
import { createSession } from '../runs/create-session.ts';
import { DATABASE } from './world.ts';

const ROOT = resolve(import.meta.dir, '../..');
const TURNS = 60;
/** From one cloud to the other and back. */
const ROUND_TRIP_MS = 20;
const LEASE_MS = 6_000;
/** Looking for the leases that have run out, and reading what is stored, for all of them. */
const TAKEOVER_MS = 5_000;
const NUMBERS = 60;

const scratchDir = mkdtempSync(join(tmpdir(), 'survivor-'));
let standin: FirestoreStandin;
let model: GeminiStandin;

beforeAll(async () => {
  standin = await startFirestoreStandin({ databases: [DATABASE] });
  model = await spawnGeminiStandin();
}, 60_000);
afterAll(async () => {
  await model?.stop();
  standin?.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

const start = (name: string): Promise<Server> =>
  startService({
    root: ROOT,
    modelUrl: model.url,
    agentsDir: join(ROOT, 'agents'),
    scratchDir: join(scratchDir, name),
    env: { ...firestoreVariables(standin.host), LORNU_LEASE_MS: `${LEASE_MS}`, LORNU_DRAIN_MS: '300' },
  });

const begin = ({ baseUrl, ...session }: Conversation, text: string): Promise<Response> =>
  fetch(`${baseUrl}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...session, streaming: true, newMessage: { role: 'user', parts: [{ text }] } }),
  });

test(`${TURNS} turns, one kill -9, and a survivor that lives: every turn goes on within the lease and 5 s`, async () => {
  // The survivor first: whoever dies has had time to renew its leases.
  const survivor = await start('survivor');
  const victim = await start('victim');
  standin.delayMs = ROUND_TRIP_MS;
  const turns = Array.from({ length: TURNS }, (_, index): Conversation => ({
    baseUrl: victim.url,
    appName: 'lornu',
    userId: `u${index % 7}`,
    sessionId: `s${index}`,
  }));
  await Promise.all(turns.map(createSession));
  const runIds = await Promise.all(
    turns.map(async (turn) => {
      const answer = await begin(turn, `count to ${NUMBERS} every 150 ms`);
      expect(answer.status).toBe(200);
      // Cut by the kill; until then as a client that listens.
      void answer.text().catch(() => '');
      return answer.headers.get('lornu-run-id') ?? '';
    }),
  );
  await Bun.sleep(3_000);
  process.kill(victim.pid, 'SIGKILL');
  const killedAt = performance.now();
  const listening = turns.map(async (turn, index) => {
    const runs = `${survivor.url}/api/v1/apps/lornu/users/${turn.userId}/sessions/${turn.sessionId}/runs`;
    const answer = await fetch(`${runs}/${runIds[index]}/frames`);
    let goesOnAfterMs = Number.POSITIVE_INFINITY;
    const stream = readStream(answer);
    for (;;) {
      const { value, done } = await stream.next();
      if (done) return { end: value, goesOnAfterMs };
      // Frames of the process that took over are numbered from the next million on.
      if (value.index >= 1_000_000) goesOnAfterMs = Math.min(goesOnAfterMs, performance.now() - killedAt);
    }
  });
  const ends = await Promise.all(listening);
  expect(ends.map(({ end }) => end)).toEqual(turns.map(() => 'ended'));
  const waits = ends.map(({ goesOnAfterMs }) => goesOnAfterMs).toSorted((a, b) => a - b);
  expect(waits.at(Math.ceil(TURNS * 0.99) - 1)).toBeLessThan(LEASE_MS + TAKEOVER_MS);
  const answers = await Promise.all(
    turns.map(async (turn) => {
      const answer = await begin({ ...turn, baseUrl: survivor.url }, 'hello');
      return [answer.status, (await answer.text()).trimEnd().split('\n').at(-1)];
    }),
  );
  expect(answers).toEqual(turns.map(() => [200, ': run completed']));
  await Promise.all([survivor.stop(), victim.stop()]);
}, 120_000);
