import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AgentServer, createSession, listSessions, runTurn } from '@lornu/evaluation/agent-client.ts';
import { CHECKOUT, runCaptured } from '@lornu/cli/captured-run.ts';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import type { ShownShadow } from '@lornu/backend/http/routes/shadow.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { until } from '../support/until.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(120_000);

const folder = await mkdtemp(join(tmpdir(), 'shadow-'));
const model = await spawnGeminiStandin();
const agentsDir = join(folder, 'agents');
await cp(join(ROOT, 'agents'), agentsDir, { recursive: true });
const file = join(agentsDir, 'lornu/agent.ts');
await Bun.write(file, (await Bun.file(file).text()).replace("name: 'list_notes'", "name: 'read_notes'"));
const start = async (name: string, agents: string, env: Record<string, string>) =>
  startService({ root: ROOT, modelUrl: model.url, agentsDir: agents, scratchDir: join(folder, name), env });
const candidate = await start('candidate', agentsDir, { LORNU_SHADOW_CANDIDATE: '1' });
const service = await start('service', join(ROOT, 'agents'), {
  LORNU_SHADOW_URL: candidate.url,
  LORNU_SHADOW_SHARE: '1',
});
afterAll(async () => {
  await service.stop();
  await candidate.stop();
  await model.stop();
  await rm(folder, { recursive: true });
});

const lornu = async (...argv: string[]) => runCaptured(argv, CHECKOUT);

test('people get their answers as usual; operators see the differences, and the candidate stores nothing', async () => {
  const server: AgentServer = { url: service.url };
  const key = { appName: 'lornu', userId: 'ada', sessionId: 'one' };
  await createSession(server, key, {});
  const say = async (text: string) => runTurn(server, key, { role: 'user', parts: [{ text }] });
  await say('note: write to ada@example.org');
  await say('hello');
  await say('what are my notes?');
  const report = join(folder, 'shadow.html');
  const shown = await until(async () => {
    const { stdout } = await lornu('runs', 'shadow', '--url', service.url, '--report', report, '--json');
    const { counts, ...rest } = JSON.parse(stdout) as ShownShadow;
    return counts.same + counts.harmless + counts.changed === 3 && { counts, ...rest };
  });
  expect(shown.counts).toMatchObject({ same: 2, changed: 1, failed: 0, dropped: 0, skipped: 0 });
  expect(shown.byChange).toMatchObject({ tool: 1 });
  const text = await lornu('runs', 'shadow', '--url', service.url, '--report', report);
  expect([text.code, text.stdout]).toEqual([
    EXIT.ok,
    expect.stringContaining('2 same, 0 harmless, 1 changed'),
  ]);
  const page = await Bun.file(report).text();
  expect(page).toMatch(/class="gone">lornu calls list_notes/u);
  expect(page).toContain('lornu: &lt;string-');
  expect(page + service.tail.join('') + candidate.tail.join('')).not.toMatch(/ada@|write to/u);
  for (const userId of ['ada', 'shadow'])
    expect(await listSessions({ url: candidate.url }, { appName: 'lornu', userId })).toEqual([]);
});

test('a service without a candidate says so', async () => {
  const { code, stderr } = await lornu('runs', 'shadow', '--url', candidate.url);
  expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining('It has no shadow candidate')]);
});
