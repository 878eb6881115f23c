import { afterAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, parseConfig } from '../../config/config.ts';
import { TraceMemory } from '../../observability/trace-memory.ts';
import { createTestApp, json } from '../../testing/test-app.ts';

const agentsDir = await mkdtemp(join(tmpdir(), 'dev-routes-'));
await mkdir(join(agentsDir, 'lornu'));
await Bun.write(join(agentsDir, 'secret.evalset.json'), '{}');
const app = createTestApp({ LORNU_DEV_ROUTES: '1', LORNU_AGENTS_DIR: agentsDir });
afterAll(async () => rm(agentsDir, { recursive: true }));

const content = (text: string) => ({ parts: [{ text }] });
const call = async (path: string, init?: RequestInit) => {
  const response = await app.request(`/dev/apps/lornu${path}`, init);
  return [response.status, await response.json()] as const;
};

test('nothing is served unless enabled, and never in staging', async () => {
  const plain = createTestApp();
  expect((await plain.request('/dev/apps/lornu/eval-sets')).status).toBe(404);
  expect(() =>
    parseConfig({ LORNU_ENVIRONMENT: 'staging', LORNU_DEV_ROUTES: '1', LORNU_REHEARSAL: '0' }),
  ).toThrow(ConfigError);
  try {
    parseConfig({ LORNU_ENVIRONMENT: 'staging', LORNU_DEV_ROUTES: '1' });
  } catch (error) {
    expect((error as ConfigError).problems.join('\n')).toContain('LORNU_DEV_ROUTES must be 0 in staging');
  }
});

test('a set is created, gets a case, loses it, and is a file that adk eval reads', async () => {
  expect(await call('/eval-sets', json({ eval_set: { eval_set_id: 'mine', eval_cases: [] } }))).toMatchObject(
    [200, { evalSetId: 'mine' }],
  );
  expect((await call('/eval-sets', json({ evalSet: { evalSetId: 'mine' } })))[0]).toBe(400);
  await app.request(
    '/apps/lornu/users/ada/sessions',
    json({
      sessionId: 's',
      events: [
        { author: 'user', invocationId: 'i', content: content('Hello') },
        { author: 'root', invocationId: 'i', content: content('Hello, Ada.') },
      ],
    }),
  );
  expect(
    await call('/eval_sets/mine/add_session', json({ evalId: 'hello', sessionId: 's', userId: 'ada' })),
  ).toEqual([200, null]);
  expect(await call('/eval_sets/mine/evals')).toEqual([200, ['hello']]);
  expect(await call('/eval_sets/mine/evals/hello')).toMatchObject([
    200,
    { conversation: [{ userContent: content('Hello'), finalResponse: content('Hello, Ada.') }] },
  ]);
  const changed = { evalId: 'hello', conversation: [{ userContent: content('Good morning') }] };
  expect(await call('/eval-sets/mine/eval-cases/hello', json(changed, 'PUT'))).toEqual([200, null]);
  expect(await Bun.file(join(agentsDir, 'lornu/mine.evalset.json')).json()).toMatchObject({
    eval_set_id: 'mine',
    eval_cases: [{ eval_id: 'hello', conversation: [{ user_content: content('Good morning') }] }],
  });
  expect((await call('/eval-sets/mine/eval-cases/hello', { method: 'DELETE' }))[0]).toBe(200);
  expect((await call('/eval-sets/mine/eval-cases/hello'))[0]).toBe(404);
});

test.each([
  ['/eval_sets/..%2Fsecret/evals', 404],
  ['/eval_sets/..secret/evals', 400],
  ['/eval_sets/nothing/evals', 404],
  ['/eval_results/..%2F..%2Fsecret', 404],
  ['/debug/trace/nothing', 404],
])('%s is refused with a sentence', async (path, status) => {
  const [answered, body] = await call(path);
  expect([answered, typeof (body as { detail: unknown }).detail]).toEqual([status, 'string']);
});

test("an app's agents form a tree, and one of them can be drawn alone", async () => {
  expect(await call('/build_graph')).toMatchObject([
    200,
    { name: 'lornu', root_agent: { name: 'root', sub_agents: [{ name: 'helper' }] } },
  ]);
  const [, whole] = await call('/graph?dark_mode=true');
  expect((whole as { dotSrc: string }).dotSrc).toContain('"root" -> "helper"');
  const [, part] = await call('/build_graph_image?node=root/helper');
  expect((part as Record<string, { dotSrc: string }>)['root/helper']?.dotSrc).not.toContain('"root"');
  expect((await call('/build_graph_image?node=root/nobody'))[0]).toBe(404);
});

test('traces are kept by session and by event, and the oldest are dropped first', () => {
  const traces = new TraceMemory();
  const end = (traceId: string, attributes: Record<string, string>): void =>
    traces.onEnd({
      name: 'call_llm',
      startTime: [1, 5],
      endTime: [2, 0],
      attributes,
      spanContext: () => ({ traceId, spanId: 's', traceFlags: 1 }),
    });
  end('a', { 'gcp.vertex.agent.session_id': 'one' });
  end('a', { 'gcp.vertex.agent.event_id': 'e' });
  end('b', { 'gcp.vertex.agent.session_id': 'two' });
  expect(traces.ofSession('one').map(({ trace_id, start_time }) => [trace_id, start_time])).toEqual([
    ['a', 1_000_000_005],
    ['a', 1_000_000_005],
  ]);
  expect(traces.ofEvent('e')).toMatchObject({ trace_id: 'a' });
  for (let count = 0; count < 5_000; count++) end('c', {});
  expect(traces.ofSession('one')).toEqual([]);
});

test("an inference's span has the event and invocation of ADK's span above it, or is left out: else the page shows none", () => {
  const traces = new TraceMemory();
  const end = (spanId: string, attributes: Record<string, string>, parent?: string): void =>
    traces.onEnd({
      name: spanId,
      startTime: [1, 0],
      endTime: [2, 0],
      attributes,
      spanContext: () => ({ traceId: 'a', spanId, traceFlags: 1 }),
      ...(parent ? { parentSpanContext: { traceId: 'a', spanId: parent, traceFlags: 1 } } : {}),
    });
  const names = { 'gcp.vertex.agent.event_id': 'e', 'gcp.vertex.agent.invocation_id': 'i' };
  const inference = { 'gen_ai.operation.name': 'generate_content' };
  end('below', inference, 'call_llm');
  end('call_llm', { ...names, 'gcp.vertex.agent.session_id': 'one' });
  end('too early', inference, 'not ended');
  expect(traces.ofSession('one').map(({ name, attributes }) => [name, attributes])).toMatchObject([
    ['below', { ...inference, ...names }],
    ['call_llm', names],
  ]);
});
