import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { readSpans } from '@lornu/standins/google/cloud-trace.ts';
import { until } from '../support/until.ts';
import { serveHere } from '../support/serve-here.ts';

/**
 * The operations of a turn of 20 chunks. The test fails if a change raises one of them by 5 %, and names the commit. Then
 * reduce the cost, or raise the number here and state the benefit in the commit.
 */
const COST = {
  SQLite: { statements: 20, parsedChars: 6_790, printedChars: 8_200, requests: 1 },
  /** Calls of Firestore, the bytes of their requests, and documents as Google bills them. */
  Firestore: { calls: 5, requestBytes: 16_500, reads: 4, writes: 11, deletes: 1 },
};
/** The spans of a recorded turn, and their bytes over OTLP: their number decides what tracing costs in CPU and money. */
const TRACE = { spans: 5, bytes: 2_000 };
const TOLERANCE = 1.05;
/** The name of a session's lease in Firestore, which ends with its turn; heartbeats are in the same collection. */
const LEASE = /\/lornu_leases\/(?!process-)/;
const TURNS = 15;

const root = join(import.meta.dir, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'lornu-turn-cost-'));
const file = join(scratch, 'counts.json');
/** Receives the traces. */
const received: Uint8Array[] = [];
const collector = serveHere(async (request) => {
  received.push(new Uint8Array(await request.arrayBuffer()));
  return new Response();
});

const model = await spawnGeminiStandin({ chunks: 20 });
const service = await start('data', {});
afterAll(async () => {
  await service.stop();
  await Promise.all([model.stop(), collector.stop(true)]);
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

async function counts(): Promise<Record<string, number>> {
  rmSync(file, { force: true });
  process.kill(service.pid, 'SIGUSR2');
  return until(() => existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>));
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

/** A new session for each turn. */
async function sessionsFor(turns: number, at = service): Promise<string[]> {
  const ids: string[] = [];
  for (let count = 0; count < turns; count += 1) {
    const made = await post('/apps/plain/users/ann/sessions', undefined, at);
    ids.push(((await made.json()) as { id: string }).id);
  }
  return ids;
}

/** The operations that have grown by more than 5 %, each with the commit that is tested. */
function grown(cost: Record<string, number>, found: Record<string, number>): string[] {
  const git = (...args: string[]): string =>
    Bun.spawnSync(['git', ...args], { cwd: root })
      .stdout.toString()
      .trim();
  const commit = git('log', '-1', '--format=%h (%s)');
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  const who = isChanged ? `a change on top of ${commit}` : commit;
  const figures = Object.entries(found).map(([name, count]) => `${count.toFixed(1)} ${name}`);
  console.log(`figure: a turn takes ${figures.join(', ')}`);
  return Object.entries(cost)
    .filter(([name, most]) => (found[name] ?? Infinity) > most * TOLERANCE)
    .map(([name, most]) => `${who}: ${name} ${most} -> ${found[name]?.toFixed(1)}`);
}

test('a turn on SQLite needs no more operations than before', async () => {
  const least: Record<string, number> = {};
  for (const sessionId of await sessionsFor(TURNS)) {
    const before = await counts();
    await turn(sessionId);
    const after = await counts();
    // The least of all turns: the service polls at intervals, and a turn takes longer on a busy machine.
    for (const name of Object.keys(COST.SQLite))
      least[name] = Math.min(least[name] ?? Infinity, (after[name] ?? Infinity) - (before[name] ?? 0));
  }
  expect(grown(COST.SQLite, least)).toEqual([]);
});

test('a turn on Firestore needs no more operations than before', async () => {
  const firestore = await startFirestoreStandin();
  const onFirestore = await start('firestore', {
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_EMULATOR_HOST: firestore.host,
    FIRESTORE_DATABASE: 'staging',
    GOOGLE_CLOUD_PROJECT: 'p',
  });
  const seen = (): Record<string, number> => ({
    calls: [...firestore.calls.values()].reduce((sum, count) => sum + count, 0),
    requestBytes: firestore.requestBytes,
    reads: firestore.rows.read,
    writes: firestore.rows.written - firestore.rows.deleted,
    deletes: firestore.rows.deleted,
  });
  try {
    const costs: Record<string, number>[] = [];
    for (const sessionId of await sessionsFor(TURNS, onFirestore)) {
      const before = seen();
      await turn(sessionId, onFirestore);
      // Its last write may follow the last frame.
      await until(async () => (await firestore.documents.all()).every(({ name }) => !LEASE.test(name)));
      costs.push(
        Object.fromEntries(
          Object.entries(seen()).map(([name, count]) => [name, count - (before[name] ?? 0)]),
        ),
      );
    }
    // What a process does at intervals (heartbeats, polls) is in few of the turns, so not in the median.
    const found = Object.keys(COST.Firestore).map((name) => [
      name,
      costs.map((cost) => cost[name] ?? 0).toSorted((a, b) => a - b)[costs.length >> 1] ?? Infinity,
    ]);
    expect(grown(COST.Firestore, Object.fromEntries(found))).toEqual([]);
  } finally {
    await onFirestore.stop();
    firestore.stop();
  }
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
