import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnGeminiStandin } from '../../standins/gemini/spawn.ts';
import { EnvironmentPlugin } from '../agents/environment-plugin.ts';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { loadAgents } from '../agents/load-agents.ts';
import { combineMetrics } from '../observability/metrics.ts';
import { openRunBench, silentLog } from '../testing/run-bench.ts';
import { until } from '../testing/until.ts';
import { Shadow, type ShadowOptions } from './shadow.ts';
import { ShadowCandidate } from './shadow-candidate.ts';
import { SHADOW_TURN } from './shadow-wire.ts';

const AGENTS = join(import.meta.dir, '../../agents');
const KEY = { appName: 'lornu', userId: 'ada.lovelace', sessionId: 'the-session' };

let bench: Awaited<ReturnType<typeof openRunBench>>;
const model = await spawnGeminiStandin();
const folder = await mkdtemp(join(AGENTS, '../.cache/shadow-'));
await cp(AGENTS, folder, { recursive: true });
const file = join(folder, 'lornu/agent.ts');
const source = await Bun.file(file).text();
expect(source).toContain("name: 'save_note'");
await Bun.write(file, source.replace("name: 'save_note'", "name: 'keep_note'"));
/** The bundled agents with a renamed tool. */
const changed = await loadAgents({ dir: folder, log: silentLog });
afterAll(async () => {
  await model.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  bench = await openRunBench(model.url);
});
afterEach(() => bench.close());

/** A service with a candidate; `bodies` are the request bodies that the candidate got. */
function open(options: Partial<ShadowOptions> & { agents?: AgentRegistry } = {}) {
  const { agents = bench.agents, ...more } = options;
  const ran: string[] = [];
  const status = (name: string) =>
    new EnvironmentPlugin(async () => ({ revision: name, nth: ran.push(name) }));
  const candidate = new ShadowCandidate({ agents, plugins: [status('candidate')], now: Date.now });
  const bodies: string[] = [];
  const outcomes: string[] = [];
  let shadow: Shadow | undefined;
  const process = bench.process(
    {},
    { plugins: [status('real')], onRunLeft: (run, { ms }) => shadow?.consider(run, ms) },
  );
  shadow = new Shadow({
    url: 'http://127.0.0.1:1',
    share: 1,
    sessions: process.sessions,
    log: silentLog,
    metrics: { ...combineMetrics([]), shadow: (outcome) => void outcomes.push(outcome) },
    now: Date.now,
    fetch: async (_url, { body }) => {
      const text = await new Response(body).text();
      bodies.push(text);
      const turn = SHADOW_TURN.parse(JSON.parse(text));
      return Response.json(await candidate.play(turn, new AbortController().signal));
    },
    ...more,
  });
  const say = async (...parts: object[]) => {
    const newMessage = { role: 'user', parts };
    const run = await process.runs.start({ ...KEY, newMessage, streaming: true });
    await run.ended;
    return run;
  };
  return { ...process, shadow, bodies, ran, outcomes, say };
}

test('the candidate gets the message, the history and the answers of the tools; no tool runs, and nothing is stored', async () => {
  const { sessions, say, outcomes, bodies, ran } = open();
  await sessions.createSession({ ...KEY, state: { closing: '18:00' } });
  await say({ text: 'note: buy bread' });
  await say({ text: 'note: buy milk' });
  await say({ text: 'what is the status of the environment?' });
  await say({ text: 'what are my notes?' });
  await until(() => outcomes.length === 4);
  expect(outcomes).toEqual(['same', 'same', 'same', 'same']);
  expect(ran).toEqual(['real']);
  const session = (await sessions.getSession(KEY))!;
  expect(session.state['user:notes']).toEqual(['buy bread', 'buy milk']);
  expect(session.events.filter(({ author }) => author === 'user')).toHaveLength(4);
  expect((await sessions.listSummaries({ appName: 'lornu' })).sessions).toHaveLength(1);
  const last = SHADOW_TURN.parse(JSON.parse(bodies.at(-1) ?? ''));
  expect(last.state).toEqual({ closing: '18:00' });
  expect(last.tools).toMatchObject([{ name: 'list_notes', response: { notes: ['buy bread', 'buy milk'] } }]);
  expect(last.history.length).toBeGreaterThan(4);
  expect(bodies.join('\n')).not.toMatch(/ada\.lovelace|the-session/u);
});

test('a message that answers a question continues its call in the candidate too', async () => {
  const { sessions, say, outcomes } = open();
  await sessions.createSession(KEY);
  await say({ text: 'note: one' });
  await say({ text: 'call delete_notes with {}' });
  const asked = (await sessions.getSession(KEY))!.events
    .flatMap(({ content }) => content?.parts ?? [])
    .findLast(({ functionCall }) => functionCall?.name === 'adk_request_confirmation');
  expect(asked).toBeDefined();
  const { id, name } = asked!.functionCall!;
  await say({ functionResponse: { id, name, response: { confirmed: true } } });
  await until(() => outcomes.length === 3);
  expect(outcomes).toEqual(['same', 'same', 'same']);
  expect((await sessions.getSession(KEY))!.state['user:notes'] ?? []).toEqual([]);
});

test('the report classifies what a candidate does differently, and contains nothing about the person', async () => {
  const { sessions, say, shadow, outcomes } = open({ agents: changed });
  await sessions.createSession(KEY);
  await say({ text: 'note: write to Ada at ada@example.org' });
  // Candidates are asked side by side: the shorter turn may be compared first.
  await until(() => outcomes.length === 1);
  await say({ text: 'hello' });
  await until(() => outcomes.length === 2);
  expect(outcomes).toEqual(['changed', 'same']);
  const report = shadow.report.toJson();
  expect(report.counts).toMatchObject({ same: 1, changed: 1, failed: 0, dropped: 0 });
  expect(Object.keys(report.byChange)).toContain('tool');
  expect(report.changed[0]?.before.join('\n')).toContain('save_note {"text":"<string-1>"}');
  expect(JSON.stringify(report)).not.toMatch(/ada|write to/iu);
});

test('a candidate that hangs, refuses or answers nonsense does not affect the person; turns that it is too slow for are dropped and counted', async () => {
  let open_ = 0;
  const hanging = open({
    withinMs: 300,
    fetch: async (_url, { signal }) => {
      open_++;
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          open_--;
          reject(new Error('aborted'));
        });
      });
    },
  });
  await hanging.sessions.createSession(KEY);
  const run = await hanging.say({ text: 'hello' });
  expect(run.state).toBe('completed');
  for (let more = 0; more < 100; more++) hanging.shadow.consider(run as never, 1);
  const { counts, notCompared } = hanging.shadow.report.toJson();
  expect(counts.dropped).toBeGreaterThan(50);
  expect(notCompared['too many turns wait for the candidate']).toBe(counts.dropped);
  await until(() => open_ > 0);
  expect(open_).toBeLessThanOrEqual(4);
  hanging.shadow.stop();
  await until(() => open_ === 0);
  for (const [answer, outcome, reason] of [
    [() => new Response('no', { status: 503 }), 'failed', 'the candidate answered with status 503'],
    [() => new Response('no', { status: 429 }), 'dropped', 'the candidate is busy (429)'],
    [() => new Response('<html>'), 'failed', 'the response is not a shadow answer'],
    [() => Response.json({ events: 1 }), 'failed', 'the response is not a shadow answer'],
    [() => new Response('x'.repeat(5 * 1024 * 1024)), 'failed', 'the response is too large'],
  ] as const) {
    const { say, outcomes, shadow } = open({ fetch: async () => answer() });
    expect((await say({ text: 'hello' })).state).toBe('completed');
    await until(() => outcomes.length > 0);
    expect(outcomes).toEqual([outcome]);
    expect(shadow.report.toJson().notCompared).toEqual({ [reason]: 1 });
  }
});

test('a turn with a file is skipped, a cancelled turn is not compared, and the configured share is respected', async () => {
  const { sessions, say, shadow, outcomes, runs } = open();
  await sessions.createSession(KEY);
  await say({ text: 'hello' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } });
  await until(() => outcomes.length === 1);
  expect(outcomes).toEqual(['skipped']);
  const newMessage = { role: 'user', parts: [{ text: 'count to 400 every 40 ms' }] };
  const run = await runs.start({ ...KEY, newMessage, streaming: true });
  await run.firstFrame;
  await runs.cancel({ session: KEY, runId: run.id });
  expect(run.state).toBe('cancelled');
  expect(outcomes).toEqual(['skipped']);
  shadow.stop();
  const quarter = open({ share: 0.25, fetch: async () => new Promise(() => undefined) });
  const ended = await quarter.say({ text: 'hello again' });
  for (let one = 0; one < 1_000; one++)
    quarter.shadow.consider(
      {
        ...(ended as never as object),
        id: `run-${one}`,
        state: 'completed',
        record: { session: KEY },
        request: {},
      } as never,
      1,
    );
  const { dropped } = quarter.shadow.report.toJson().counts;
  expect(dropped).toBeGreaterThan(150);
  expect(dropped).toBeLessThan(280);
  quarter.shadow.stop();
});
