import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { attach, listRuns, readStream, type Conversation } from './client.ts';
import { Cluster } from './cluster.ts';
import { createSession } from './create-session.ts';
import { patiently } from '../support/until.ts';
import { postJson } from '../support/post-json.ts';

// Bundles, real processes, and a lease that must expire.
setDefaultTimeout(90_000);

const cluster = await Cluster.start(2, { LORNU_LEASE_MS: '1500', LORNU_DRAIN_MS: '300' });
afterAll(() => cluster.stop());

async function say({ baseUrl, ...session }: Conversation, text: string, more = {}): Promise<Response> {
  const { appName, userId, sessionId } = session;
  const newMessage = { role: 'user', parts: [{ text }] };
  return postJson(`${baseUrl}/run_sse`, { appName, userId, sessionId, streaming: true, newMessage, ...more });
}

async function saidIn({ baseUrl, appName, userId, sessionId }: Conversation): Promise<string[]> {
  const answer = await fetch(`${baseUrl}/apps/${appName}/users/${userId}/sessions/${sessionId}`);
  const { events } = (await answer.json()) as {
    events: { author: string; content?: { parts: { text?: string }[] } }[];
  };
  return events.filter(({ author }) => author === 'user').map(({ content }) => content?.parts[0]?.text ?? '');
}

test('messages are accepted and their process is killed before their turns begin: both are answered, in order', async () => {
  const made = { baseUrl: cluster.urlOf(0), appName: 'lornu', userId: 'u', sessionId: 'killed' };
  await patiently(() => createSession(made));
  const first = await say(made, 'count to 30 every 60 ms');
  expect((await say(made, 'hello')).status).toBe(409);
  const queued = [];
  for (const text of ['count to 3', 'count to 4']) {
    const stream = await say(made, text, { when_busy: 'queue' });
    expect([stream.status, stream.headers.get('lornu-run-state')]).toEqual([200, 'queued']);
    // Announces at once that it is queued, and stays open.
    const line = await stream.body!.getReader().read();
    expect(new TextDecoder().decode(line.value)).toBe(': queued\n\n');
    queued.push(stream.headers.get('lornu-run-id') ?? '');
  }
  const other = { ...made, baseUrl: cluster.urlOf(1) };
  expect((await listRuns(other)).map(({ state }) => state).toSorted()).toEqual([
    'queued',
    'queued',
    'running',
  ]);
  cluster.signal(0, 'SIGKILL');
  const frames = [];
  for await (const frame of readStream(await attach(other, queued[1]!))) frames.push(frame);
  expect(JSON.stringify(frames.at(-1))).toContain('1 2 3 4');
  expect(await saidIn(other)).toEqual(['count to 30 every 60 ms', 'count to 3', 'count to 4']);
  const states = await listRuns(other);
  expect(states.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed']);
  expect(states.map(({ id }) => id).toSorted()).toEqual(
    [first.headers.get('lornu-run-id') ?? '', ...queued].toSorted(),
  );
});
