import { afterAll, describe as group, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import type { ContractCase } from './case.ts';
import { ARTIFACT_CASES, MEMORY_CASES } from './cases/artifacts.ts';
import { BAD_INPUT_CASES } from './cases/bad-input.ts';
import { BOUND_CASES } from './cases/bounds.ts';
import { FAILURE_CASES } from './cases/failures.ts';
import { RUN_CASES, WAITING_CASES } from './cases/runs.ts';
import { SERVICE_CASES } from './cases/service.ts';
import { SESSION_CASES } from './cases/sessions.ts';
import { compare, describe } from './compare.ts';
import { Caller } from './exchange.ts';
import { normalise } from './normalise.ts';

const root = resolve(import.meta.dir, '../..');
/** Includes the time in the queue. */
const CASE_MS = 90_000;

const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-contract-'));
const agentsDir = join(import.meta.dir, 'agents');
const standin = await spawnGeminiStandin({ chunks: 4 });
const options = { root, scratchDir, agentsDir, modelUrl: standin.url };
const [reference, service] = await Promise.all([
  startGcpAgent(options),
  // Comparing google-adk with itself shows whether the suite itself causes a difference.
  process.env['CONTRACT_SELF_CHECK']
    ? startGcpAgent({ ...options, scratchDir: join(scratchDir, 'twin') })
    : startService(options),
]);

setDefaultTimeout(CASE_MS);

afterAll(async () => {
  await expectNoLostSignature();
  await Promise.all([service.stop(), reference.stop()]);
  await standin.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

/** Each call of the model was returned with its signature, through stores and streams. */
async function expectNoLostSignature(): Promise<void> {
  const lost: unknown = await (await fetch(`${standin.url}/stand-in/lost-signatures`)).json();
  expect(lost).toBe(0);
}

/** google-adk's SQLite fails ("database is locked") under many concurrent writes, so only a few cases run at a time. */
const AT_ONCE = 3;
const lanes = Array.from({ length: AT_ONCE }, () => Promise.resolve());
let next = 0;

async function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const lane = next++ % AT_ONCE;
  const result = (lanes[lane] ?? Promise.resolve()).then(work);
  lanes[lane] = result.then(
    () => undefined,
    () => undefined,
  );
  return result;
}

group.each([
  ['the service itself', SERVICE_CASES],
  ['sessions', SESSION_CASES],
  ['turns', RUN_CASES],
  ['calls that wait', WAITING_CASES],
  ['turns that fail', FAILURE_CASES],
  ['artifacts', ARTIFACT_CASES],
  ['memory', MEMORY_CASES],
  ['bad input', BAD_INPUT_CASES],
  ['bounds', BOUND_CASES],
] satisfies [string, ContractCase[]][])('%s: as google-adk answers', (_group, cases) => {
  // Each case has its own user, so that cases can run in parallel.
  test.concurrent.each(cases.map((entry) => [entry.title, entry] as const))('%s', async (title, entry) => {
    const userId = `u-${Bun.hash(title).toString(36)}`;
    const [expected, answered] = await takeTurn(() =>
      Promise.all(
        [reference, service].map(async ({ url }) => {
          const caller = new Caller(url, userId);
          await entry.run(caller);
          return normalise(caller.transcript, Date.now() / 1_000);
        }),
      ),
    );
    expect(describe(compare(title, expected, answered))).toBe('');
  });
});
