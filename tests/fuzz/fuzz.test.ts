import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { type GeminiStandin, spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';

const root = resolve(import.meta.dir, '../..');
const SCHEMATHESIS = 'schemathesis==4.32.5';
/** The seed is fixed, so every run sends the same requests. */
const SEED = process.env['FUZZ_SEED'] ?? '1';
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 90);
const START_MS = 60_000;

const FLAGS = Object.entries({
  checks: 'not_a_server_error,content_type_conformance,response_schema_conformance',
  // These routes answer 404 by design, so they conform to nothing.
  'exclude-tag': 'not served',
  phases: 'coverage,fuzzing',
  'max-examples': '30',
  seed: SEED,
  'max-time': `${SECONDS}`,
  'request-timeout': '20',
  'suppress-health-check': 'all',
  warnings: 'off',
})
  .flatMap(([name, value]) => [`--${name}`, value])
  .concat('--continue-on-failure');

let scratchDir: string;
let standin: GeminiStandin;
let service: Server;

beforeAll(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'lornu-fuzz-'));
  standin = await spawnGeminiStandin({ chunks: 4 });
  const agentsDir = join(root, 'tests/contract/agents');
  service = await startService({ root, scratchDir, agentsDir, modelUrl: standin.url });
}, START_MS);

afterAll(async () => {
  await service?.stop();
  await standin?.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

test(
  'valid and invalid requests of the OpenAPI document are answered as documented and never with a server error',
  async () => {
    const run = ['uv', 'tool', 'run', '--from', SCHEMATHESIS, 'st', 'run', `${service.url}/openapi.json`];
    const child = Bun.spawn([...run, ...FLAGS], { cwd: scratchDir, stdout: 'pipe', stderr: 'pipe' });
    const report = await new Response(child.stdout).text();
    const isWell = (await child.exited) === 0;
    expect(isWell ? '' : `${report.slice(-6_000)}\n${await new Response(child.stderr).text()}`).toBe('');
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
  },
  (SECONDS + 120) * 1_000,
);
