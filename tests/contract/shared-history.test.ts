import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { firestoreVariables } from '../runs/chaos.ts';

// A conversation with an error on one cloud is continued on the other, over one Firestore and with a model that refuses
// what Gemini refuses.

const CASE_MS = 60_000;
const QUESTION = 'adk_request_confirmation';

const servers: Record<'aws' | 'gcp', Server | undefined> = { aws: undefined, gcp: undefined };

const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-shared-history-'));
const [model, firestore] = await Promise.all([
  spawnGeminiStandin(),
  startFirestoreStandin({ databases: ['staging'] }),
]);
const options = {
  root: resolve(import.meta.dir, '../..'),
  scratchDir,
  agentsDir: join(import.meta.dir, 'agents'),
  modelUrl: model.url,
};
const gcpEnv = {
  SESSION_SERVICE_URI: 'firestore://lornu/staging',
  FIRESTORE_EMULATOR_HOST: firestore.host,
};
[servers.aws, servers.gcp] = await Promise.all([
  startService({ ...options, env: firestoreVariables(firestore.host) }),
  startGcpAgent({ ...options, env: gcpEnv }),
]);

setDefaultTimeout(CASE_MS);

afterAll(async () => {
  await Promise.all([servers.aws?.stop(), servers.gcp?.stop()]);
  await model.stop();
  firestore.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

interface WirePart {
  text?: string;
  functionCall?: { id?: string; name?: string };
  functionResponse?: { id?: string; name: string; response: object };
}
interface WireEvent {
  author: string;
  content?: { parts?: WirePart[] };
}

const post = (server: Server | undefined, path: string, body: object): Promise<Response> =>
  fetch(`${server?.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // uvicorn closes the connection after an error that nobody caught; the next request must not take it.
    keepalive: false,
  });
const turnOf = (appName: string, sessionId: string, parts: WirePart[]) => ({
  appName,
  userId: 'ann',
  sessionId,
  newMessage: { role: 'user', parts },
});
const say = (server: Server | undefined, sessionId: string, ...parts: WirePart[]): Promise<Response> =>
  post(server, '/run', turnOf('probe', sessionId, parts));
/** The response as text: parsed, long integers would lose digits. */
const textOf = async (server: Server | undefined, path: string): Promise<string> =>
  (await fetch(`${server?.url}/apps/${path}`)).text();

async function answerOf(answer: Response): Promise<string> {
  const body = await answer.text();
  if (answer.status !== 200) return `${answer.status}: ${body}`;
  const events = JSON.parse(body) as WireEvent[];
  return events.flatMap(({ content }) => content?.parts?.map(({ text }) => text ?? '') ?? []).join('');
}

async function eventsOf(server: Server | undefined, sessionId: string): Promise<WireEvent[]> {
  const answer = await fetch(`${server?.url}/apps/probe/users/ann/sessions/${sessionId}`);
  return ((await answer.json()) as { events: WireEvent[] }).events;
}

describe.each([
  ['aws', 'gcp'],
  ['gcp', 'aws'],
] as const)('a turn goes wrong on %s', (first, second) => {
  test.each([
    ['a tool throws', 'call fail with {}'],
    ['an empty answer', 'simulate empty answer'],
    ['a call that cannot be read', 'simulate malformed call'],
    ['an invented tool', 'call no_such_tool with {}'],
    ['a broken stream', 'simulate break after 3'],
    ['a call that is answered later', 'call ask_approval with {"reason":"r"}'],
    ['a transfer to nobody', 'call transfer_to_agent with {"agent_name":"nobody","agentName":"nobody"}'],
    [
      'one of two calls asks for a confirmation',
      'call erase with {"what":"x"} and call read_state with {"key":"k"}',
    ],
    ['a result that JSON has no form for', 'call give_odd with {}'],
    ['a state that Firestore cannot hold', 'call set_state with {"key":"user:","value":"x"}'],
    ['one of two calls throws', 'call fail with {} and call read_state with {"key":"k"}'],
  ])(`%s: ${second} goes on, and ${first} after it`, async (what, text) => {
    const sessionId = `${first}-${what.replaceAll(' ', '-')}`;
    await post(servers[first], '/apps/probe/users/ann/sessions', { sessionId });
    await (await say(servers[first], sessionId, { text })).text();
    const before = await eventsOf(servers[second], sessionId);
    expect(await answerOf(await say(servers[second], sessionId, { text: 'hello' }))).toContain(
      'You said: hello',
    );
    expect(await answerOf(await say(servers[first], sessionId, { text: 'again' }))).toContain(
      'You said: again',
    );
    expect((await eventsOf(servers[second], sessionId)).slice(0, before.length)).toEqual(before);
  });

  test(`integers beyond 2^53 of ${first} keep their digits on ${second}`, async () => {
    const sessionId = `${first}-long`;
    const state =
      '{"sessionId":"' + sessionId + '","state":{"n":9007199254740993,"user:n":-1234567890123456789}}';
    await fetch(`${servers[first]?.url}/apps/probe/users/long-${first}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: state,
    });
    const turn = { ...turnOf('probe', sessionId, []), userId: `long-${first}` };
    const text = 'call snake_and_camel with {"payload":{"n":9007199254740993}}';
    for (const side of [first, second])
      expect(
        await (
          await post(servers[side], '/run', { ...turn, newMessage: { role: 'user', parts: [{ text }] } })
        ).text(),
      ).toContain('"snake_key":{"n":9007199254740993}');
    for (const side of [first, second]) {
      const stored = await textOf(servers[side], `probe/users/long-${first}/sessions/${sessionId}`);
      expect(stored.match(/"args":{"payload":{"n":9007199254740993}}/g)).toHaveLength(2);
      expect(stored).toContain('"n":9007199254740993');
      expect(stored).toContain('"user:n":-1234567890123456789');
    }
  });

  test(`${second} reads what ${first} stores under an outputKey`, async () => {
    const answers: [app: string, text: string, key: string, value: unknown][] = [
      [
        'probe',
        'say "One moment." and call read_state with {"key":"k"}',
        'last_answer',
        expect.stringMatching(/^One moment\.\s*Here is/),
      ],
      ['clerk', 'answer word for word: ```json\n{"city":"Paris"}\n```', 'form', { city: 'Paris' }],
      ['clerk', 'answer word for word: {"town":"Rome"}', 'form', undefined],
    ];
    for (const [index, [app, text, key, value]] of answers.entries()) {
      const sessionId = `${first}-output-${index}`;
      await post(servers[first], `/apps/${app}/users/ann/sessions`, { sessionId });
      await (await post(servers[first], '/run', turnOf(app, sessionId, [{ text }]))).text();
      for (const side of [first, second]) {
        const { state } = JSON.parse(await textOf(servers[side], `${app}/users/ann/sessions/${sessionId}`));
        expect(state[key]).toEqual(value);
      }
    }
  });

  test(`a confirmation requested there and answered on ${second}: the tool runs there, and ${first} continues`, async () => {
    const sessionId = `${first}-confirmed`;
    await post(servers[first], '/apps/probe/users/ann/sessions', { sessionId });
    const text = 'call erase with {"what":"x"} and call read_state with {"key":"k"}';
    await (await say(servers[first], sessionId, { text })).text();
    const question = (await eventsOf(servers[second], sessionId))
      .flatMap(({ content }) => content?.parts ?? [])
      .find(({ functionCall }) => functionCall?.name === QUESTION)?.functionCall;
    const answer = { id: question?.id, name: QUESTION, response: { confirmed: true } };
    expect(await answerOf(await say(servers[second], sessionId, { functionResponse: answer }))).toContain(
      'erased',
    );
    expect(await answerOf(await say(servers[first], sessionId, { text: 'hello' }))).toContain(
      'You said: hello',
    );
  });
});

test("a tool's value that JSON or Firestore cannot hold is stored in a form that both clouds read", async () => {
  const sessionId = 'odd';
  await post(servers.aws, '/apps/probe/users/ann/sessions', { sessionId });
  await (await say(servers.aws, sessionId, { text: 'call give_odd with {}' })).text();
  const refused =
    'call set_state with {"key":"user:","value":"x"} then call set_state with {"key":"user:y","value":"x"}';
  expect(await answerOf(await say(servers.aws, sessionId, { text: refused }))).toContain(
    'Here is what I found',
  );
  const told = (await eventsOf(servers.gcp, sessionId))
    .flatMap(({ content }) => content?.parts ?? [])
    .flatMap(({ functionResponse }) => functionResponse?.response ?? []);
  expect(told).toEqual([
    {
      date: '1970-01-01T00:00:00.000Z',
      map: { a: 1 },
      set: [1, 2],
      error: 'no disk',
      bytes: 'AQID',
      long: expect.any(Number),
    },
    { error: expect.stringContaining('set_state has run, but its result or state could not be kept') },
    { key: 'user:y', value: 'x' },
  ]);
});
