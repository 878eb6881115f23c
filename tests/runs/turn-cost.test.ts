import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type Server } from '@lornu/ops/servers/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
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
const TOLERANCE = 1.05;
const TURNS = 60;

const root = join(import.meta.dir, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'lornu-turn-cost-'));
const file = join(scratch, 'counts.json');
let model: GeminiStandin;
let service: Server;

beforeAll(async () => {
  model = await spawnGeminiStandin({ chunks: 20 });
  service = await startServer({
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
      LORNU_DATA_DIR: join(scratch, 'data'),
      GOOGLE_GEMINI_BASE_URL: model.url,
      GEMINI_API_KEY: 'stand-in',
    },
    scratchDir: scratch,
  });
});
afterAll(async () => {
  await service?.stop();
  await model?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function counts(): Promise<typeof COST> {
  rmSync(file, { force: true });
  process.kill(service.pid, 'SIGUSR2');
  return until(() => existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as typeof COST));
}

async function post(path: string, body?: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(service.url + path, {
    method: 'POST',
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

test('a turn needs no more operations than before', async () => {
  const ids: string[] = [];
  for (let turn = 0; turn < TURNS + 5; turn += 1) {
    const made = await post('/apps/plain/users/ann/sessions');
    ids.push(((await made.json()) as { id: string }).id);
  }
  // The first turns open connections and files that later turns reuse.
  let before = await counts();
  for (const [turn, sessionId] of ids.entries()) {
    if (turn === ids.length - TURNS) before = await counts();
    const newMessage = { role: 'user', parts: [{ text: 'hello in 20 chunks' }] };
    const answer = await post('/run_sse', {
      appName: 'plain',
      userId: 'ann',
      sessionId,
      newMessage,
      streaming: true,
    });
    expect(await answer.text()).toContain('"finishReason":"STOP"');
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
