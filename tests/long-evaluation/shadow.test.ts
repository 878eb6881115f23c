import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AgentServer, createSession, runTurn } from '@lornu/evaluation/agent-client.ts';
import { startRunDelay } from '@lornu/evaluation/run-delay.ts';
import type { ShownShadow } from '@lornu/backend/http/routes/shadow.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { until } from '../support/until.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(600_000);

/** Pairs of rounds, with and without a candidate; the turns of each round, and the turns at the same time. */
const PAIRS = 8;
const TURNS = 100;
const AT_ONCE = 5;
/** An answer takes 240 ms, which is fast for a model. So a round takes 5 s, and all of them 80 s. */
const MODEL = { chunks: 12, delayMs: 20 };
const ANSWER_MS = MODEL.chunks * MODEL.delayMs;
/** A candidate may slow people down by this share of a turn. */
const MOST_SHARE = 0.02;
/** On a quiet machine, the service waits for a processor during less than this share of the time. */
const QUIET_SHARE = 0.05;

const stops: (() => Promise<unknown>)[] = [];
let without: Server;
let withShadow: Server;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-'));
  stops.push(async () => rm(folder, { recursive: true }));
  const model = await spawnGeminiStandin(MODEL);
  const others = await spawnGeminiStandin(MODEL);
  const start = async (name: string, modelUrl: string, env: Record<string, string>) => {
    const scratchDir = join(folder, name);
    const server = await startService({
      root: ROOT,
      modelUrl,
      agentsDir: join(ROOT, 'agents'),
      scratchDir,
      env,
    });
    stops.unshift(server.stop);
    return server;
  };
  const candidate = await start('candidate', others.url, { LORNU_SHADOW_CANDIDATE: '1' });
  // In production the candidate runs on another machine. Here it has a lower priority.
  for (const pid of [candidate.pid, others.pid]) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const env = { LORNU_SHADOW_URL: candidate.url, LORNU_SHADOW_SHARE: '1' };
  withShadow = await start('with', model.url, env);
  without = await start('without', model.url, {});
  stops.push(model.stop, others.stop);
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** User and system time of a process; proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0;

/** Times of turns, in milliseconds: until the first text and until the end. */
async function round(server: AgentServer): Promise<{ first: number[]; whole: number[] }> {
  const [first, whole]: [number[], number[]] = [[], []];
  const worker = async (): Promise<void> => {
    const id = crypto.randomUUID();
    const key = { appName: 'lornu', userId: id, sessionId: id };
    await createSession(server, key, {});
    for (let turn = 0; turn < TURNS / AT_ONCE; turn++) {
      const newMessage = { role: 'user', parts: [{ text: `Hello, ${turn}!` }] };
      const { firstSeconds = 0, seconds } = await runTurn(server, key, newMessage, { streaming: true });
      first.push(firstSeconds * 1_000);
      whole.push(seconds * 1_000);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { first, whole };
}

/** Waits until so many turns were compared or dropped, which takes long on a busy machine; returns the counts. */
async function allShadowsDone(turns: number): Promise<ShownShadow['counts']> {
  return until(
    async () => {
      const answer = await fetch(`${withShadow.url}/api/v1/operator/shadow`);
      const { counts } = (await answer.json()) as ShownShadow;
      return Object.values(counts).reduce((sum, one) => sum + one, 0) === turns && counts;
    },
    { withinMs: 120_000, what: `The end of ${turns} shadow turns` },
  );
}

test("a turn's shadow costs at most 2 % of the turn, and people's p99 changes by at most 2 % on a quiet machine", async () => {
  const sides = { with: withShadow, without };
  for (const server of Object.values(sides)) await round({ url: server.url });
  const times = { with: [] as number[], without: [] as number[] };
  const ratios: { first: number[]; whole: number[] } = { first: [], whole: [] };
  const cpu = { with: 0, without: 0 };
  const warm = await allShadowsDone(TURNS);
  let [waitedMs, tookMs] = [0, 0];
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const);
    const measured: Partial<Record<'with' | 'without', Awaited<ReturnType<typeof round>>>> = {};
    for (const side of order) {
      const [before, beganAt] = [cpuMs(sides[side].pid), performance.now()];
      const delayMs = startRunDelay(sides[side].pid);
      measured[side] = await round({ url: sides[side].url });
      waitedMs += delayMs?.() ?? 0;
      tookMs += performance.now() - beganAt;
      // The shadows of the last turns belong to this round.
      if (side === 'with') await allShadowsDone((pair + 2) * TURNS);
      cpu[side] += cpuMs(sides[side].pid) - before;
      times[side].push(...measured[side].whole);
    }
    for (const kind of ['first', 'whole'] as const)
      ratios[kind].push(
        quantile(measured.with?.[kind] ?? [], 0.99) / quantile(measured.without?.[kind] ?? [], 0.99),
      );
  }
  const turns = (PAIRS + 1) * TURNS;
  const seen = await allShadowsDone(turns);
  const whole = quantile(times.with, 0.99) / quantile(times.without, 0.99);
  const [first, paired] = [quantile(ratios.first, 0.5), quantile(ratios.whole, 0.5)];
  const [cpuWith, cpuWithout] = [cpu.with / PAIRS / TURNS, cpu.without / PAIRS / TURNS];
  // A busy machine drops some.
  const compared = seen.same - warm.same;
  const cpuOfShadow = (cpu.with - cpu.without) / compared;
  const waited = waitedMs / tookMs;
  process.stdout.write(
    `figure: shadow: CPU of a shadow ${cpuOfShadow.toFixed(2)} ms (a turn ${cpuWith.toFixed(2)} and ${cpuWithout.toFixed(2)} ms); p99 of ${PAIRS * TURNS} turns x${whole.toFixed(3)}, median of ${PAIRS} paired p99 x${paired.toFixed(3)} (first text x${first.toFixed(3)}), waited for a processor ${(waited * 100).toFixed(1)} % of the time; ${JSON.stringify(seen)}\n`,
  );
  expect(seen).toMatchObject({ harmless: 0, changed: 0, failed: 0, skipped: 0 });
  expect(compared).toBeGreaterThan(PAIRS * TURNS * (waited < QUIET_SHARE ? 0.9 : 0.5));
  // The whole work for a shadow delays another person's turn by no more than its CPU time.
  expect(cpuOfShadow).toBeLessThanOrEqual(ANSWER_MS * MOST_SHARE);
  // Other programs change the p99 by more than a candidate does.
  if (waited < QUIET_SHARE) expect(paired).toBeLessThanOrEqual(1 + MOST_SHARE);
});
