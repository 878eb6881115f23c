import { Timestamp } from '../../backend/firestore/client/special-values.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { FirestoreOperatorStore } from '../../backend/runs/firestore/firestore-operator-store.ts';
import { leaseOf } from '../../backend/runs/firestore/paths.ts';
import type { Server } from '../../ops/servers/server.ts';
import type { Wire } from './events.ts';
import { BALANCER_ID, clickSend, outside, traceOf } from './traces.ts';
import { openTwoClouds, type TwoClouds } from './two-clouds.ts';
import { until } from '../support/until.ts';

const SESSIONS = '/apps/lornu/users/ann/sessions';
let clouds: TwoClouds;
let aws: Server;
let gcp: Server;

beforeAll(async () => {
  clouds = await openTwoClouds();
  gcp = await clouds.startGcp();
  aws = await clouds.startAws();
}, 120_000);
afterAll(() => clouds?.close(), 30_000);

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const create = (at: Server, id: string) => fetch(`${at.url}${SESSIONS}`, json('POST', { sessionId: id }));
const rename = (at: Server, id: string) =>
  fetch(`${at.url}${SESSIONS}/${id}`, json('PATCH', { stateDelta: { title: 'x' } }));
const say = (at: Server, id: string, text: string, more: Wire = {}) =>
  fetch(
    `${at.url}/run_sse`,
    json('POST', {
      appName: 'lornu',
      userId: 'ann',
      sessionId: id,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text }] },
      ...more,
    }),
  );
const events = async (at: Server, id: string): Promise<Wire[]> =>
  ((await (await fetch(`${at.url}${SESSIONS}/${id}`)).json()) as Wire)['events'];
const refusal = async (answer: Response) => ({
  status: answer.status,
  retryAfter: answer.headers.get('retry-after'),
  runId: answer.headers.get('lornu-run-id'),
  detail: ((await answer.json()) as Wire)['detail'],
});
const lease = (sessionId: string) => leaseOf(clouds.db, { appName: 'lornu', userId: 'ann', sessionId });

/** A running turn; its message is stored, so it holds the session. */
async function begin(
  at: Server,
  id: string,
  text: string,
): Promise<{ ended: Promise<string>; cut: () => void }> {
  const answer = await say(at, id, text);
  const reader = answer.body!.getReader();
  const first = await reader.read();
  const decoder = new TextDecoder();
  const rest = async (): Promise<string> => {
    let received = decoder.decode(first.value, { stream: true });
    for (let read = await reader.read(); !read.done; read = await reader.read())
      received += decoder.decode(read.value, { stream: true });
    return received;
  };
  const ended = rest().catch(() => 'cut');
  return { ended, cut: () => void reader.cancel() };
}

test('a conversation moves from cloud to cloud, and both return the same', async () => {
  expect((await create(gcp, 'walk')).status).toBe(200);
  await (await say(gcp, 'walk', 'note: buy milk')).text();
  expect(await (await say(aws, 'walk', 'what did I note?')).text()).toContain(': run completed');
  await (await say(gcp, 'walk', 'hello again')).text();
  const [here, there] = [await events(aws, 'walk'), await events(gcp, 'walk')];
  // Python's clock has one digit more than microseconds, which are all that we store.
  const near = (event: Wire) => ({ ...event, timestamp: expect.closeTo(event['timestamp'], 5) });
  expect(here).toEqual(there.map(near));
  expect(here.filter(({ author }) => author === 'user')).toHaveLength(3);
  expect((await lease('walk').get()).exists).toBe(false);
});

test('one trace leads from the click through service, Gemini and Firestore to the peer, without what was said', async () => {
  const canary = 'canary-7f3e';
  // Without a token nobody has the peer record anything.
  const stranger = 'f'.repeat(32);
  const traceparent = `00-${stranger}-${'b'.repeat(16)}-01`;
  const call = json('POST', { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: {} });
  const headers = { 'content-type': 'application/json', traceparent };
  expect((await fetch(`${gcp.url}/a2a/lornu`, { ...call, headers })).status).toBe(401);
  await create(aws, 'traced');
  const text = `call consult_peer with ${JSON.stringify({ question: `${canary}: how are you?` })}`;
  expect(await (await clickSend(aws.url, 'traced', [{ text }])).text()).toContain(canary);
  const received = clouds.google.cloudTrace.spans;
  const { request } = await traceOf(received, 'traced');
  const ofTrace = () => received.filter(({ traceId }) => traceId === request.traceId);
  const ofService = (name: string) => ofTrace().filter(({ resource }) => resource['service.name'] === name);
  // Those of the peer come by themselves and in any order. Its last one closes the gaps.
  await until(() => ofService('gcp-agent').length > 0 && outside(ofTrace(), request).length === 0);
  expect(request.attributes).toMatchObject({
    'http.route': '/run_sse',
    'http.request.header.x-amzn-trace-id': [BALANCER_ID],
  });
  // The click, of which the browser sends no span.
  expect(request.parentSpanId).toMatch(/^[\da-f]{16}$/);

  const own = ofService('lornu-agent');
  const inferences = own.filter(({ name }) => name.startsWith('generate_content '));
  expect(inferences).toHaveLength(2);
  expect(inferences[0]).toMatchObject({
    kind: 'client',
    attributes: {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': expect.any(String),
      'gen_ai.request.stream': true,
      'gen_ai.response.model': expect.any(String),
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'server.address': '127.0.0.1',
    },
  });
  expect(own.some(({ name }) => name === 'firestore transaction')).toBe(true);

  const consultation = own.find(({ name, kind }) => name === 'invoke_agent lornu' && kind === 'client');
  expect(consultation?.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'gcp.gen_ai',
    'gen_ai.agent.name': 'lornu',
  });
  expect(outside([consultation!, ...ofService('gcp-agent')], consultation!)).toEqual([]);
  expect(JSON.stringify(received)).not.toContain(canary);
  expect(received.filter(({ traceId }) => traceId === stranger)).toEqual([]);
});

test('a takeover continues the trace of the turn whose process died', async () => {
  await create(aws, 'taken');
  const answer = await clickSend(aws.url, 'taken', [{ text: 'count to 40 every 50 ms' }]);
  const runId = answer.headers.get('lornu-run-id');
  const received = clouds.google.cloudTrace.spans;
  const died = await until(() => received.find(({ attributes }) => attributes['lornu.run.id'] === runId));
  process.kill(aws.pid, 'SIGKILL');
  await answer.text().catch(() => undefined);
  aws = await clouds.startAws();
  await lease('taken').update({ until: Timestamp.fromMillis(Date.now() - 1) });
  const { spans, request } = await traceOf(received, 'taken');
  expect(request).toBe(died);
  // The span of the killed process's run is lost with it.
  const runs = spans.filter(({ name }) => name === 'run');
  expect(runs).toMatchObject([
    { parentSpanId: request.spanId, attributes: { 'lornu.run.id': runId, 'lornu.run.takeovers': 1 } },
  ]);
  const below = spans.filter((span) => outside([span, ...spans], runs[0]!).every((one) => one !== span));
  expect(below.map(({ name }) => name)).toContain('firestore transaction');
});

test('messages queue behind a turn of the other cloud, which they cannot interrupt', async () => {
  await create(gcp, 'queue');
  const turn = await begin(gcp, 'queue', 'count to 30 every 50 ms');
  expect((await say(aws, 'queue', 'hello')).status).toBe(409);
  expect((await say(aws, 'queue', 'hello', { whenBusy: 'interrupt' })).status).toBe(409);
  const queued = [
    await say(aws, 'queue', 'count to 4', { whenBusy: 'queue' }),
    await say(aws, 'queue', 'count to 5', { whenBusy: 'queue' }),
  ];
  expect(queued.map(({ headers }) => headers.get('lornu-run-state'))).toEqual(['queued', 'queued']);
  await turn.ended;
  // A queued caller goes first.
  expect((await say(gcp, 'queue', 'hello')).status).toBe(409);
  const answers = await Promise.all(queued.map((answer) => answer.text()));
  for (const answer of answers) expect(answer).toContain(': run completed');
  const said = (await events(aws, 'queue')).filter(({ author }) => author === 'user');
  expect(said.map(({ content }) => content.parts[0].text)).toEqual([
    'count to 30 every 50 ms',
    'count to 4',
    'count to 5',
  ]);
  expect((await lease('queue').get()).exists).toBe(false);
});

test('while a turn is running here, a turn there is refused; afterwards it is not', async () => {
  await create(aws, 'here');
  const turn = await begin(aws, 'here', 'count to 30 every 50 ms');
  expect(await refusal(await say(gcp, 'here', 'hello'))).toEqual({
    status: 409,
    retryAfter: '5',
    runId: null,
    detail: expect.stringContaining('turn under way'),
  });
  expect((await rename(gcp, 'here')).status).toBe(409);
  expect(await turn.ended).toContain(': run completed');
  await (await say(gcp, 'here', 'hello')).text();
  expect((await rename(gcp, 'here')).status).toBe(200);
  expect((await events(aws, 'here')).filter(({ author }) => author === 'user').length).toBeGreaterThan(1);
});

test('while an operator refuses new turns, both refuse them with the same sentence; afterwards neither does', async () => {
  await create(gcp, 'switch');
  const operator = new FirestoreOperatorStore(clouds.db);
  const refusedBy = async (at: Server, isRefused: boolean) => {
    for (;;) {
      const answer = await say(at, 'switch', 'hello');
      const { status } = answer;
      const said = { status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
      if (status !== 409 && (status === 503) === isRefused) return said;
      await Bun.sleep(100);
    }
  };
  const sentence = 'We are moving: back at noon.';
  await operator.setMaintenance({ sentence, retryAfterSeconds: 90, sinceMs: Date.now(), by: 'op@x' });
  const expected = { status: 503, retryAfter: '90', text: JSON.stringify({ detail: sentence }) };
  for (const at of [aws, gcp]) expect(await refusedBy(at, true)).toEqual(expected);
  expect((await rename(gcp, 'switch')).status).toBe(200);
  await operator.setMaintenance(undefined);
  for (const at of [aws, gcp]) expect((await refusedBy(at, false)).status).toBe(200);
});

test('while a turn is running there, a turn here is refused; afterwards it is not', async () => {
  await create(gcp, 'there');
  const turn = await begin(gcp, 'there', 'count to 30 every 50 ms');
  expect(await refusal(await say(aws, 'there', 'hello'))).toEqual({
    status: 409,
    retryAfter: '5',
    runId: null,
    detail: expect.stringContaining('another service'),
  });
  expect((await rename(aws, 'there')).status).toBe(409);
  await turn.ended;
  expect(await (await say(aws, 'there', 'hello')).text()).toContain(': run completed');
});

test('a client that disconnects during a turn there releases the session', async () => {
  await create(gcp, 'left');
  const turn = await begin(gcp, 'left', 'count to 100 every 50 ms');
  expect((await lease('left').get()).exists).toBe(true);
  turn.cut();
  for (let n = 0; n < 100 && (await lease('left').get()).exists; n++) await Bun.sleep(50);
  expect(await (await say(aws, 'left', 'hello')).text()).toContain(': run completed');
});

test('a turn whose process was killed there blocks only until its lease expires', async () => {
  await create(gcp, 'killed');
  const turn = await begin(gcp, 'killed', 'count to 100 every 50 ms');
  process.kill(gcp.pid, 'SIGKILL');
  await turn.ended;
  expect((await say(aws, 'killed', 'hello')).status).toBe(409);
  await lease('killed').update({ until: Timestamp.fromMillis(Date.now() - 1) });
  expect(await (await say(aws, 'killed', 'hello')).text()).toContain(': run completed');
  gcp = await clouds.startGcp();
});

test('a turn of AWS can only be continued by AWS, until it is gone', async () => {
  await create(aws, 'gone');
  const turn = await begin(aws, 'gone', 'count to 100 every 50 ms');
  process.kill(aws.pid, 'SIGKILL');
  await turn.ended;
  const { runId } = (await lease('gone').get()).data()!;
  await lease('gone').update({ until: Timestamp.fromMillis(Date.now() - 5_000) });
  expect((await say(gcp, 'gone', 'hello')).status).toBe(409);
  await lease('gone').update({ until: Timestamp.fromMillis(Date.now() - 61_000) });
  await (await say(gcp, 'gone', 'hello')).text();
  aws = await clouds.startAws();
  const told = await fetch(`${aws.url}/api/v1${SESSIONS}/gone/runs`);
  expect(await told.json()).toMatchObject([{ id: runId, state: 'interrupted' }]);
  expect(await (await say(aws, 'gone', 'hello')).text()).toContain(': run completed');
});
