import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { type GeminiStandin, spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { type Issuer, SERVICE, startIssuer } from '../a2a/server/issuer.ts';

const root = resolve(import.meta.dir, '../..');
const SCHEMATHESIS = 'schemathesis==4.32.5';
/** The same requests each time; another seed gives others. */
const SEED = process.env['FUZZ_SEED'] ?? '1';
/** Every run tries the edges of each parameter. The suite long-fuzz also tries chance and sequences of calls. */
const PHASES = process.env['FUZZ_PHASES'] ?? 'coverage';
/** Bounds the phases that have no end of their own. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 120);
const START_MS = 60_000;

const FLAGS = Object.entries({
  checks: 'not_a_server_error,content_type_conformance,response_schema_conformance',
  // They answer 404 by design, and conform to nothing.
  'exclude-tag': 'not served',
  phases: PHASES,
  'max-examples': '30',
  seed: SEED,
  'max-time': `${SECONDS}`,
  'request-timeout': '60',
  'suppress-health-check': 'all',
  warnings: 'off',
})
  .flatMap(([name, value]) => [`--${name}`, value])
  .concat('--continue-on-failure');

let scratchDir: string;
let standin: GeminiStandin;
let issuer: Issuer;
let service: Server;

beforeAll(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'lornu-fuzz-'));
  standin = await spawnGeminiStandin({ chunks: 4 });
  issuer = await startIssuer();
  const agentsDir = join(root, 'tests/contract/agents');
  const env = issuer.environment as Record<string, string>;
  service = await startService({ root, scratchDir, agentsDir, modelUrl: standin.url, env });
}, START_MS);

afterAll(async () => {
  await service?.stop();
  await issuer?.stop();
  await standin?.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

/** What schemathesis has found, sending these headers; empty if that is nothing. */
async function findings(headers: Readonly<Record<string, string>>): Promise<string> {
  const run = ['uv', 'tool', 'run', '--from', SCHEMATHESIS, 'st', 'run', `${service.url}/openapi.json`];
  const sent = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const child = Bun.spawn([...run, ...sent, ...FLAGS], { cwd: scratchDir, stdout: 'pipe', stderr: 'pipe' });
  const [report, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return (await child.exited) === 0 ? '' : `${report.slice(-6_000)}\n${errors}`;
}

test(
  'with sign-in on, valid and invalid requests of the OpenAPI document are answered as documented and never with a server error',
  async () => {
    expect(await findings(await issuer.headersOf(SERVICE))).toBe('');
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    const log = await readFile(join(scratchDir, 'service.log'), 'utf8');
    expect(log).not.toContain('"code":"INTERNAL"');
    // Otherwise every request was refused at the door, and nothing was tried.
    expect(log.match(/"status":200\b/g)?.length).toBeGreaterThan(20);
  },
  (SECONDS + 240) * 1_000,
);
