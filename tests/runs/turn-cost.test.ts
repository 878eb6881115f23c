import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type Server } from '@lornu/ops/servers/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { readSpans } from '@lornu/standins/google/cloud-trace.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

/**
 * The average operations of a turn of 20 chunks on SQLite. The test fails if a change raises one of them by 5 %. Then
 * reduce the cost, or raise the number here and state the benefit in the commit.
 */
const COST = {
  statements: 22,
  parsedChars: 6_790,
  printedChars: 13_520,
  requests: 1,
};
/** The spans of a recorded turn, and their bytes over OTLP: their number decides what tracing costs in CPU and money. */
const TRACE = { spans: 5, bytes: 2_000 };
const TOLERANCE = 1.05;
const TURNS = 60;

const root = join(import.meta.dir, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'lornu-turn-cost-'));
const file = join(scratch, 'counts.json');
/** Receives the traces. */
const received: Uint8Array[] = [];
const collector = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => {
    received.push(new Uint8Array(await request.arrayBuffer()));
    return new Response();
  },
});
let model: GeminiStandin;
let service: Server;

beforeAll(async () => {
  model = await spawnGeminiStandin({ chunks: 20 });
  service = await start('data', {});
});
afterAll(async () => {
  await service?.stop();
  await Promise.all([model?.stop(), collector.stop(true)]);
  rmSync(scratch, { recursive: true, force: true });
});

function start(dataDir: string, env: Record<string, string>): Promise<Server> {
  return startServer({
    name: 'service',
    command: [
      process.execPath,
      '--preload',
      join(import.meta.dir, 'count-work.ts'),
      join(root, 'backend/serve.ts'),
    ],
    cwd: root,
    env: {
      NODE_ENV: 'production',
      TURN_COST_FILE: file,
      LORNU_AGENTS_DIR: join(root, 'bench/agents'),
      LORNU_DATA_DIR: join(scratch, dataDir),
      GOOGLE_GEMINI_BASE_URL: model.url,
      GEMINI_API_KEY: 'stand-in',
      ...env,
    },
    scratchDir: scratch,
  });
}

async function counts(): Promise<typeof COST> {
  rmSync(file, { force: true });
  process.kill(service.pid, 'SIGUSR2');
  return until(() => existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as typeof COST));
}

async function post(path: string, body?: object, at = service): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(at.url + path, {
    method: 'POST',
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function turn(sessionId: string, at = service): Promise<void> {
  const newMessage = { role: 'user', parts: [{ text: 'hello in 20 chunks' }] };
  const request = { appName: 'plain', userId: 'ann', sessionId, newMessage, streaming: true };
  const answer = await post('/run_sse', request, at);
  expect(await answer.text()).toContain('"finishReason":"STOP"');
}

test('a turn needs no more operations than before', async () => {
  const ids: string[] = [];
  for (let count = 0; count < TURNS + 5; count += 1) {
    const made = await post('/apps/plain/users/ann/sessions');
    ids.push(((await made.json()) as { id: string }).id);
  }
  // The first turns open connections and files that later turns reuse.
  let before = await counts();
  for (const [index, sessionId] of ids.entries()) {
    if (index === ids.length - TURNS) before = await counts();
    await turn(sessionId);
  }
  const after = await counts();
  const commit = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD'], { cwd: root })
    .stdout.toString()
    .trim();
  const names = Object.keys(COST) as (keyof typeof COST)[];
  const found = names.map((name) => [name, (after[name] - before[name]) / TURNS] as const);
  console.log(
    `figure: a turn takes ${found.map(([name, count]) => `${count.toFixed(1)} ${name}`).join(', ')}`,
  );
  const worse = found
    .filter(([name, count]) => count > COST[name] * TOLERANCE)
    .map(
      ([name, count]) => `${commit} or a change on top of it: ${name} ${COST[name]} -> ${count.toFixed(1)}`,
    );
  expect(worse).toEqual([]);
});

test('a recorded turn has no more spans than before, and a turn that is not recorded has none', async () => {
  const url = `http://127.0.0.1:${collector.port}`;
  const turnsWith = async (share: string): Promise<{ spans: number; bytes: number }> => {
    const env = { LORNU_TRACE_URL: url, LORNU_TRACE_SHARE: share, GOOGLE_CLOUD_PROJECT: 'p' };
    const traced = await start(`traced-${share}`, env);
    received.length = 0;
    const turns = 10;
    for (let count = 0; count < turns; count += 1) {
      const made = await post('/apps/plain/users/ann/sessions', undefined, traced);
      await turn(((await made.json()) as { id: string }).id, traced);
    }
    // What is left is sent as it stops.
    await traced.stop();
    const spans = received.flatMap((body) => readSpans(body, Date.now()));
    // Without the requests that make the sessions.
    const own = spans.filter(({ name }) => !name.endsWith('/sessions'));
    const bytes = received.reduce((sum, body) => sum + body.length, 0);
    return { spans: own.length / turns, bytes: (bytes / spans.length || 0) * (own.length / turns) };
  };
  const recorded = await turnsWith('1');
  console.log(`figure: a recorded turn sends ${recorded.spans} spans, ${recorded.bytes.toFixed(0)} bytes`);
  expect(recorded.spans).toBe(TRACE.spans);
  expect(recorded.bytes).toBeLessThan(TRACE.bytes * TOLERANCE);
  expect(await turnsWith('0')).toEqual({ spans: 0, bytes: 0 });
});
