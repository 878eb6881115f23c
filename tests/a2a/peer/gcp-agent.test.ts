import { type AgentCard, Role, type StreamResponse, TaskState } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  createAuthenticatingFetchWithRetry,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import { InMemoryRunner } from '@google/adk';
import { RemoteA2AAgent } from '@google/adk/a2a';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { startServer } from '@lornu/ops/servers/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { exportPKCS8, generateKeyPair, type JWK } from 'jose';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../backend/config/config.ts';
import { clientFor } from './odd-peer.ts';

// The real peer, as it runs on Google Cloud, called by our client and by the JavaScript clients of both versions. The
// Python clients are in gcp-agent/tests.

const root = join(import.meta.dir, '../../..');
const closing: (() => Promise<unknown>)[] = [];

const project = join(root, 'gcp-agent');
const uv = runCommand(['uv', 'sync', '--frozen', '--quiet'], {
  cwd: project,
  timeoutMs: 300_000,
  what: 'The Python environment of gcp-agent/ could not be created.',
});
const [model] = await Promise.all([spawnGeminiStandin(), uv]);
const google = await startGoogleStandIn();
const scratchDir = await mkdtemp(join(tmpdir(), 'peer-'));
// In reverse order of their start.
closing.push(
  () => rm(scratchDir, { recursive: true, force: true }),
  () => google.stop(),
  () => model.stop(),
);
const { url, stop } = await startServer({
  name: 'gcp-agent',
  command: endingWithParent([join(project, '.venv/bin/python'), '-m', 'gcp_agent.main']),
  cwd: project,
  env: {
    DATA_DIR: scratchDir,
    GOOGLE_GEMINI_BASE_URL: model.url,
    GEMINI_API_KEY: 'stand-in',
    A2A_TOKEN_ISSUER: google.url,
    A2A_TOKEN_JWKS_URL: `${google.url}/oauth2/v3/certs`,
    A2A_TOKEN_AUDIENCE: 'https://peer.example',
    A2A_ALLOWED_EMAILS: google.serviceAccount.email,
    A2A_SIGNING_KEY: await newSigningKey(),
  },
  scratchDir,
});
closing.push(stop);
const peerUrl = `${url}/a2a/lornu`;
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

/** P-256, PKCS #8 PEM. */
async function newSigningKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return exportPKCS8(privateKey);
}

const token = async (): Promise<string> => google.federation.idToken('https://peer.example', true);
const withToken = createAuthenticatingFetchWithRetry(fetch, {
  headers: async () => ({ authorization: `Bearer ${await token()}` }),
  shouldRetryWithHeaders: async () => undefined,
});

describe('our client', () => {
  const ours = () => clientFor(peerUrl, { idToken: async () => token() }).client;

  test('gets the answer in chunks', async () => {
    const pieces: string[] = [];
    const answer = await ours().ask('hello there', { metadata: {}, onText: (text) => pieces.push(text) });
    expect(answer).toMatchObject({ name: 'lornu', isCut: false });
    expect(answer.text).toStartWith('You said: hello there.');
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(answer.text);
  });

  test('verifies the signature of its card, and accepts no other key', async () => {
    const keys = (await (await fetch(`${peerUrl}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
    const stranger = { ...keys.keys[0], x: keys.keys[0]?.y, y: keys.keys[0]?.x } as JWK;
    // The form in which the service's configuration names them.
    const told = parseConfig({
      GEMINI_API_KEY: 'x',
      A2A_PEER_URL: peerUrl,
      A2A_PEER_CARD_KEYS: JSON.stringify(keys),
    });
    const idToken = async () => token();
    const knowing = clientFor(peerUrl, { idToken, cardKeys: told.identity.peer?.cardKeys });
    expect((await knowing.client.ask('hello', { metadata: {} })).text).toStartWith('You said: hello');
    const error: unknown = await clientFor(peerUrl, { idToken, cardKeys: [stranger] })
      .client.ask('hello', { metadata: {} })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'untrusted' });
  });

  test('sees of a tool only the answer', async () => {
    const { text } = await ours().ask('what is the status of the environment?', { metadata: {} });
    expect(text).toContain('"cloud":"gcp"');
  });

  test('gets the message that a person must confirm', async () => {
    const { question } = await ours().ask('forget my notes', { metadata: {} });
    expect(question).toContain('confirm');
  });

  test("gets the message that the peer's model failed, without details", async () => {
    const error: unknown = await ours()
      .ask('simulate 400', { metadata: {} })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'failed' });
  });

  test('is refused without a token, with a token for another audience, and after too many hops', async () => {
    const failureOf = async (client: ReturnType<typeof ours>, metadata = {}): Promise<unknown> =>
      client.ask('hello', { metadata }).then(
        () => 'answered',
        ({ failure }: { failure: string }) => failure,
      );
    expect(await failureOf(clientFor(peerUrl).client)).toBe('refused');
    const elsewhere = async () => google.federation.idToken('https://other.example', true);
    expect(await failureOf(clientFor(peerUrl, { idToken: elsewhere }).client)).toBe('refused');
    expect(await failureOf(ours(), { 'https://lornu.ai/a2a/hops': 2 })).toBe('refused');
  });

  test('cancels its task at the peer when it disconnects', async () => {
    const leaving = new AbortController();
    const asking = ours().ask('long answer of 500 words slowly', {
      metadata: {},
      signal: leaving.signal,
      onText: () => leaving.abort(),
    });
    await asking.catch(() => undefined);
    const client = await sdkClient('1.0');
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { tasks } = await client.listTasks({
        tenant: '',
        contextId: '',
        status: TaskState.TASK_STATE_CANCELED,
        pageToken: '',
        statusTimestampAfter: undefined,
      });
      if (tasks.length > 0) break;
      if (Date.now() > deadline) throw new Error('no task was cancelled');
      await Bun.sleep(20);
    }
  });
});

/** The SDK's client, with a card of only one version. */
async function sdkClient(version: string): Promise<Client> {
  const options = { fetchImpl: withToken, legacyCompat: { enabled: true } };
  const resolver = new DefaultAgentCardResolver(options);
  const card: AgentCard = await resolver.resolve(`${peerUrl}/`, '.well-known/agent-card.json');
  const supportedInterfaces = card.supportedInterfaces.filter(
    ({ protocolVersion }) => protocolVersion === version,
  );
  return new ClientFactory({
    transports: [new JsonRpcTransportFactory(options)],
    cardResolver: { resolve: async () => card },
  }).createFromAgentCard({ ...card, supportedInterfaces });
}

const asking = (text: string, files: { value: Buffer; mediaType: string }[] = []) => ({
  message: {
    messageId: crypto.randomUUID(),
    role: Role.ROLE_USER,
    parts: [
      { content: { $case: 'text' as const, value: text }, mediaType: '', filename: '', metadata: undefined },
      ...files.map(({ value, mediaType }) => ({
        content: { $case: 'raw' as const, value },
        mediaType,
        filename: 'a.png',
        metadata: undefined,
      })),
    ],
    contextId: '',
    taskId: '',
    extensions: [],
    referenceTaskIds: [],
    metadata: undefined,
  },
  configuration: undefined,
  metadata: undefined,
  tenant: '',
});

function stateOf({ payload }: StreamResponse): TaskState | undefined {
  return payload?.$case === 'statusUpdate' || payload?.$case === 'task'
    ? payload.value.status?.state
    : undefined;
}

describe.each(['1.0', '0.3'])("the JavaScript SDK's client of %s", (version) => {
  test('streams: the task first, chunks of one artifact, the end', async () => {
    const client = await sdkClient(version);
    const events: StreamResponse[] = [];
    for await (const event of client.sendMessageStream(asking('hello there'))) events.push(event);
    expect(events[0]?.payload?.$case).toBe('task');
    expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_COMPLETED);
    const artifacts = events.flatMap(({ payload }) =>
      payload?.$case === 'artifactUpdate' ? [payload.value.artifact?.artifactId] : [],
    );
    expect(artifacts.length).toBeGreaterThan(3);
    expect(new Set(artifacts).size).toBe(1);
  });

  test('sends a file and gets the finished task', async () => {
    const client = await sdkClient(version);
    const picture = { value: Buffer.from('\x89PNG'), mediaType: 'image/png' };
    const task = await client.sendMessage(asking('look at this', [picture]));
    expect(task).toMatchObject({ status: { state: TaskState.TASK_STATE_COMPLETED } });
    expect(JSON.stringify(task)).toContain('You said: look at this');
  });

  test('is asked for a confirmation, and cancels', async () => {
    const client = await sdkClient(version);
    const task = await client.sendMessage(asking('forget my notes'));
    if (!('status' in task)) throw new Error('a message instead of a task');
    expect(task.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    const cancelled = await client.cancelTask({ id: task.id, metadata: undefined, tenant: '' });
    expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
  });
});

test("adk-js's own client, which speaks only 0.3, gets the answer once", async () => {
  const sdk = createRequire(Bun.resolveSync('@google/adk/a2a', import.meta.dir))('@a2a-js/sdk/client');
  const card: unknown = await (await fetch(`${peerUrl}/.well-known/agent-card.json`)).json();
  const transports = [new sdk.JsonRpcTransportFactory({ fetchImpl: withToken })];
  const agent = new RemoteA2AAgent({
    name: 'remote',
    agentCard: card as never,
    clientFactory: new sdk.ClientFactory({ transports }),
  });
  const runner = new InMemoryRunner({ agent, appName: 'test' });
  const session = await runner.sessionService.createSession({ appName: 'test', userId: 'ada' });
  const said: string[] = [];
  const newMessage = { role: 'user', parts: [{ text: 'hello there' }] };
  for await (const event of runner.runAsync({ userId: 'ada', sessionId: session.id, newMessage }))
    if (!event.partial) said.push((event.content?.parts ?? []).map(({ text }) => text ?? '').join(''));
  const answers = said.filter((text) => text.startsWith('You said: hello there.'));
  expect(answers).toHaveLength(1);
});
