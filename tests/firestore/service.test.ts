import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService } from '../../ops/servers/agent-servers.ts';
import type { Server } from '../../ops/servers/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { wireEvent, type Wire } from './events.ts';
import { DATABASE, openFixture, PROJECT, type FirestoreFixture } from './fixture.ts';

const ROOT = resolve(import.meta.dir, '../..');
const SESSIONS = '/apps/lornu/users/ann/sessions';
const scratchDir = mkdtempSync(join(tmpdir(), 'lornu-firestore-'));
let fixture: FirestoreFixture;
let model: GeminiStandin;
let server: Server;

function start(database = DATABASE): Promise<Server> {
  return startService({
    root: ROOT,
    modelUrl: model.url,
    agentsDir: join(ROOT, 'agents'),
    scratchDir,
    env: {
      LORNU_SESSION_STORE: 'firestore',
      FIRESTORE_EMULATOR_HOST: fixture.standin.host,
      FIRESTORE_DATABASE: database,
      GOOGLE_CLOUD_PROJECT: PROJECT,
      LORNU_DRAIN_MS: '300',
    },
  });
}

beforeAll(async () => {
  fixture = await openFixture();
  model = await spawnGeminiStandin();
  server = await start();
});
afterAll(async () => {
  await server?.stop();
  await model?.stop();
  await fixture?.close();
  await rm(scratchDir, { recursive: true, force: true });
});

async function create(id: string): Promise<void> {
  const answer = await fetch(`${server.url}${SESSIONS}/${id}`, { method: 'POST' });
  expect(answer.status).toBe(200);
}

function say(id: string, text: string): Promise<Response> {
  return fetch(`${server.url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      appName: 'lornu',
      userId: 'ann',
      sessionId: id,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text }] },
    }),
  });
}

const events = async (id: string): Promise<Wire[]> =>
  ((await (await fetch(`${server.url}${SESSIONS}/${id}`)).json()) as Wire)['events'];
const python = (id: string) => ({ app_name: 'lornu', user_id: 'ann', session_id: id });
const texts = (of: Wire[]): string[] =>
  of.map(({ content }) => content?.parts?.map((part: Wire) => part['text'] ?? '').join('') ?? '');

test('a conversation through the service is in Firestore, google-adk reads it, and its additions are seen here', async () => {
  await create('talk');
  expect(await (await say('talk', 'note: buy milk')).text()).toContain(': run completed');
  const theirs = await fixture.python.ask({ do: 'get', ...python('talk') });
  expect(theirs.events).toEqual(await events('talk'));
  expect(theirs.events.length).toBeGreaterThan(2);
  expect(theirs.state['user:notes']).toEqual(['buy milk']);
  await fixture.python.ask({
    do: 'append',
    ...python('talk'),
    events: [
      wireEvent({
        author: 'user',
        timestamp: Date.now() / 1000,
        content: { role: 'user', parts: [{ text: 'over there' }] },
      }),
    ],
  });
  expect(await (await say('talk', 'hello again')).text()).toContain(': run completed');
  expect(texts(await events('talk'))).toContain('over there');
});

test.each([1, 2])(
  'a turn that google-adk overtakes with %i events ends as interrupted, and the session can be used',
  async (count) => {
    const id = `race-${count}`;
    await create(id);
    const answering = (await say(id, 'count to 30 every 50 ms')).text();
    while ((await events(id)).length === 0) await Bun.sleep(20);
    const theirs = ['me first', 'me too'].slice(0, count);
    const added = theirs.map((text) =>
      wireEvent({
        author: 'user',
        timestamp: Date.now() / 1000,
        content: { role: 'user', parts: [{ text }] },
      }),
    );
    await fixture.python.ask({ do: 'append', ...python(id), events: added });
    const stream = await answering;
    expect(stream).toContain('"errorCode":"SESSION_CHANGED"');
    expect(stream.trimEnd()).toEndWith(': run interrupted');
    expect(texts(await events(id))).toEqual(['count to 30 every 50 ms', ...theirs]);
    expect(await (await say(id, 'hello')).text()).toContain(': run completed');
  },
);

test('while a turn is running, other writers here are refused', async () => {
  await create('busy');
  const answering = (await say('busy', 'count to 20 every 50 ms')).text();
  while ((await events('busy')).length === 0) await Bun.sleep(20);
  expect((await say('busy', 'hello')).status).toBe(409);
  const patched = await fetch(`${server.url}${SESSIONS}/busy`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ stateDelta: { title: 'x' } }),
  });
  expect([patched.status, patched.headers.get('x-error-code')]).toEqual([409, 'SESSION_BUSY']);
  expect(await answering).toContain(': run completed');
});

test('a refused database: not ready, with a sentence; ready again without a restart', async () => {
  fixture.standin.failWith = { code: 7, message: 'secret reason' };
  const refused = await untilReady(503);
  expect(refused['dependencies'].find(({ name }: Wire) => name === 'sessions')).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('Firestore refuses access to the database "staging"'),
  });
  const answer = await fetch(`${server.url}${SESSIONS}/talk`);
  expect([answer.status, await answer.text()]).toEqual([
    503,
    expect.stringContaining('refuses this service'),
  ]);
  fixture.standin.failWith = undefined;
  await untilReady(200);
});

test('the default database is refused at the start', async () => {
  const refused = await start('(default)').catch(({ cause }: Error) => String(cause));
  expect(refused).toContain('FIRESTORE_DATABASE must name a database of its own');
});

test('a service that shuts down hands its turns over, and another one continues them', async () => {
  await create('stopped');
  const next = await start();
  const answering = say('stopped', 'count to 100 every 50 ms').then(async (answer) => {
    const runId = answer.headers.get('lornu-run-id') ?? '';
    return { runId, stream: await answer.text().catch(() => '') };
  });
  while ((await events('stopped')).length === 0) await Bun.sleep(20);
  await Bun.sleep(500);
  const old = server;
  server = next;
  await old.stop();
  const { runId } = await answering;
  const runs = `${server.url}/api/v1${SESSIONS}/stopped/runs`;
  const followed = await (await fetch(`${runs}/${runId}/frames`)).text();
  expect(followed.trimEnd()).toEndWith(': run completed');
  const kept = await events('stopped');
  expect(kept[1]).toMatchObject({ interrupted: true });
  const counted = Array.from({ length: 100 }, (_, index) => index + 1).join(' ');
  expect(texts(kept).slice(1).join('')).toBe(counted);
  expect(await (await say('stopped', 'hello')).text()).toContain(': run completed');
});

async function untilReady(status: number): Promise<Wire> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${server.url}/ready`);
    const body = (await answer.json()) as Wire;
    if (answer.status === status) return body;
    await Bun.sleep(200);
  }
  throw new Error(`/ready did not answer ${status}.`);
}
