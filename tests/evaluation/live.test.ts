import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CHECKOUT, nowhere, runCaptured } from '@lornu/cli/captured-run.ts';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { startLocalService } from '@lornu/ops/eval/local-service.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { serveHere } from '../support/serve-here.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(120_000);
const CASSETTES = ['arithmetic_calls_nothing', 'save_note', 'status'];

const folder = await mkdtemp(join(tmpdir(), 'live-'));
for (const name of CASSETTES)
  await cp(join(ROOT, `agents/lornu/cassettes/${name}.cassette.json`), join(folder, `${name}.cassette.json`));
const standin = await spawnGeminiStandin();
const model = startModel(standin.url);
const service = await startLocalService(nowhere(CHECKOUT), {
  agentsDir: join(ROOT, 'agents'),
  modelUrl: model.url,
});
afterAll(async () => {
  await service.stop();
  await model.stop();
  await standin.stop();
  await rm(folder, { recursive: true });
});

/** The stand-in, but some answers to a person's message differ, as from a model that got worse. */
function startModel(url: string) {
  let asked = 0;
  const state = {
    wrongEvery: Number.POSITIVE_INFINITY,
    sentTools: 0,
    url: '',
    stop: async () => undefined as void,
  };
  const server = serveHere(async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    const isMessage = body !== '' && !/functionResponse"/u.test(body);
    if (/functionResponse/u.test(body)) state.sentTools++;
    const headers = {
      'content-type': 'application/json',
      'x-goog-api-key': request.headers.get('x-goog-api-key') ?? '',
    };
    if (isMessage && ++asked % state.wrongEvery === 0)
      return new Response(
        `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Ask somebody else!' }] }, finishReason: 'STOP' }] })}\r\n\r\n`,
        { headers: { 'content-type': 'text/event-stream' } },
      );
    return fetch(`${url}${pathname}${search}`, {
      method: request.method,
      headers,
      ...(body ? { body } : {}),
    });
  });
  state.url = server.url.origin;
  state.stop = async () => server.stop(true);
  return state;
}

const live = async (argv: readonly string[], env: Record<string, string> = {}) =>
  runCaptured(['replay', folder, '--live', '--report', join(folder, 'live.html'), ...argv], {
    ...CHECKOUT,
    env,
  });
const there = () => ['--url', service.url];

test('without a baseline no request is sent; --accept measures it, with tool answers from the cassettes', async () => {
  const without = await live(there());
  expect(without.code).toBe(EXIT.usage);
  expect(without.stderr).toContain('./lornu replay --live --accept');
  const measured = await live(['--accept', '--repetitions', '2'], { GOOGLE_GEMINI_BASE_URL: model.url });
  expect([measured.code, measured.stdout], measured.stderr).toEqual([
    EXIT.ok,
    expect.stringContaining('Measured: 6 of 6 conversations passed'),
  ]);
  expect(model.sentTools).toBeGreaterThan(0);
  expect(await Bun.file(join(folder, 'live-baseline.json')).json()).toMatchObject({
    trials: 6,
    passed: 6,
    models: [expect.stringContaining('stand-in for')],
  });
});

test('an equal candidate is called as good after few conversations; the highest cost is printed before', async () => {
  const { code, stdout, stderr } = await live([...there(), '--rate', '0.95', '--json']);
  expect(code, stderr).toBe(EXIT.ok);
  const { decision, conversations, used } = JSON.parse(stdout) as {
    decision: string;
    conversations: { trials: number }[];
    used: { turns: number };
  };
  const trials = conversations.reduce((sum, one) => sum + one.trials, 0);
  // All trials pass. 27 are enough for "as good"; the last ones are still in progress then.
  expect([decision, trials]).toEqual(['as good', 27]);
  expect(used.turns).toBeLessThan(80);
  expect(stderr).toContain('Accepted: 95.0 % pass (given by --rate). Worse: 85.0 % or less.');
  expect(stderr).toMatch(/called worse in at most 5\.0 % of series.*as good in at most 5\.0 %/u);
  expect(stderr).toContain('at most 1000 turns, 2,000,000 tokens and 5 USD');
});

test('a candidate that answers every fourth message differently is called worse, and a page shows both sides', async () => {
  model.wrongEvery = 4;
  const { code, stdout } = await live([...there(), '--rate', '0.95']);
  model.wrongEvery = Number.POSITIVE_INFINITY;
  expect(code).toBe(EXIT.failed);
  expect(stdout).toMatch(/^Worse: \d+ of \d+ conversations passed[\s\S]*tool_trajectory_avg_score/u);
  expect(Number(/of (\d+) conversations/u.exec(stdout)?.[1])).toBeLessThan(60);
  const page = await Bun.file(join(folder, 'live.html')).text();
  expect(page).toMatch(/class="gone">lornu calls [\s\S]*class="new">lornu: Ask somebody else!/u);
});

test('a series that ends at a limit is undecided, and not a success', async () => {
  const { code, stdout } = await live([...there(), '--rate', '0.95', '--max-turns', '6', '--parallel', '1']);
  expect([code, stdout]).toEqual([
    EXIT.failed,
    expect.stringMatching(/^Undecided \(--max-turns was reached\)/u),
  ]);
  expect(stdout).toMatch(/Used: [1-6] turns/u);
  const cheap = await live([...there(), '--rate', '0.95', '--max-cost', '0.002', '--parallel', '1']);
  expect([cheap.code, cheap.stdout]).toEqual([
    EXIT.failed,
    expect.stringContaining('(--max-cost was reached)'),
  ]);
});

test('an unavailable server gives no verdict about the agent; a rate without a possible comparison is refused', async () => {
  const busy = serveHere(({ url }) =>
    url.endsWith('/list-apps') ? Response.json(['lornu']) : new Response('busy', { status: 503 }),
  );
  const away = await live(['--url', busy.url.origin, '--rate', '0.95']);
  await busy.stop(true);
  expect(away.code).toBe(EXIT.failed);
  expect(away.stderr).toContain('Nothing can be said about the candidate.');
  const nothing = await live([...there(), '--rate', '0.1']);
  expect([nothing.code, nothing.stderr]).toEqual([EXIT.usage, expect.stringContaining('--worse-by')]);
});
