import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { findEngine } from '@lornu/ops/image/engine.ts';
import { findLeftBehind } from '@lornu/rehearsal/containers/left-behind.ts';
import { openPodman, OWNER_LABEL } from '@lornu/rehearsal/containers/podman.ts';
import type { Report } from '@lornu/rehearsal/report/report.ts';
import type { Verification } from '@lornu/ops/verify/verify.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesWith, runCli, temporaryRehearsal } from '../whole/kit.ts';

// The whole rehearsal with tasks in containers of the image: it builds and applies, so this runs with --all alone.
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
beforeAll(async () => {
  rehearsal = await temporaryRehearsal();
});
afterAll(async () => rehearsal.remove());

const MINUTES = 60_000;
const rehearse = (...more: string[]): string[] => [
  'rehearse',
  '--tasks=image',
  `--data-dir=${rehearsal.dataDir}`,
  `--report=${join(rehearsal.dataDir, 'report')}`,
  ...more,
];

/** What podman has of rehearsals that are over; other ones may run beside this test. */
async function leftBehind(): ReturnType<typeof findLeftBehind> {
  return findLeftBehind(openPodman(await findEngine(process.env, 'podman'), process.env));
}

async function countContainers(): Promise<number> {
  const { stdout } = await tryCommand(['podman', 'ps', '--quiet', '--filter', `label=${OWNER_LABEL}`]);
  return stdout.split('\n').filter(Boolean).length;
}

async function expectNothingLeft(): Promise<void> {
  expect(await leftBehind()).toEqual({ containers: [], images: [] });
  const files = await readdir(rehearsal.dataDir);
  expect(files.filter((name) => name !== 'report')).toEqual([]);
  expect(await processesWith(rehearsal.dataDir)).toEqual([]);
}

test(
  'plays every part with the image itself, says so, and leaves no container',
  async () => {
    let mostContainers = 0;
    let look: Promise<void> | undefined;
    const { exitCode, stdout } = await runCli(rehearse('--json', '--all'), () => {
      look ??= countContainers().then((count) => {
        mostContainers = Math.max(mostContainers, count);
        look = undefined;
      });
    });
    await look;
    const report = JSON.parse(stdout) as Report;
    const failed = [...(report.verification?.checks ?? []), ...report.scenarios].filter(
      ({ outcome }) => outcome === 'failed',
    );
    expect(failed).toEqual([]);
    expect(report.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'apply done',
      'serve done',
      'verify done',
      'deploy done',
      'destroy done',
    ]);
    expect([exitCode, report.holds]).toEqual([0, true]);
    expect(report.scenarios.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'rolling-deploy passed',
      'bad-image passed',
      'failing-image passed',
      'killed-task passed',
    ]);
    expect(report.served?.runs).toStartWith('the agent image itself, in containers (podman');
    expect(await readFile(join(rehearsal.dataDir, 'report/report.html'), 'utf8')).toContain(
      'the agent image itself',
    );
    // Two at least, and four in a deploy.
    expect(mostContainers).toBeGreaterThanOrEqual(2);
    await expectNothingLeft();
  },
  20 * MINUTES,
);

test(
  'verifies the FastAPI/ADK agent in containers of its image',
  async () => {
    const folder = `--data-dir=${rehearsal.dataDir}`;
    const applied = await runCli(['rehearse', 'apply', '--var=agent_runtime=fastapi', folder]);
    expect(applied.exitCode).toBe(0);
    const { exitCode, stdout } = await runCli([
      'rehearse',
      'verify',
      '--tasks=image',
      '--wait=1',
      '--json',
      folder,
    ]);
    const { runs, checks } = JSON.parse(stdout) as Pick<Verification, 'checks'> & { runs: string };
    expect(runs).toStartWith('the gcp-agent image itself, in containers (podman');
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    const passed = checks.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : []));
    expect(passed).toEqual(expect.arrayContaining(['health', 'turn', 'inside', 'tokens']));
    expect(exitCode).toBe(0);
    expect((await runCli(['rehearse', 'destroy', folder])).exitCode).toBe(0);
    await expectNothingLeft();
  },
  15 * MINUTES,
);

test('without podman says so before anything is applied, with the next step', async () => {
  const path = process.env['PATH'];
  // All that is asked for before it.
  const programs = await mkdtemp(join(tmpdir(), 'programs-'));
  for (const name of ['setpriv', 'haproxy'])
    await symlink(Bun.which(name, { PATH: `${path}:/usr/sbin` }) ?? '', join(programs, name));
  process.env['PATH'] = programs;
  const { exitCode, stderr } = await runCli(rehearse()).finally(() => (process.env['PATH'] = path));
  await rm(programs, { recursive: true });
  expect(exitCode).toBe(3);
  expect(stderr).toContain('podman does not work');
  expect(stderr).toContain('leave out --tasks image');
  expect(stderr).not.toContain('... Apply');
});

test(
  'leaves no container when it is killed while tasks run',
  async () => {
    let sent = false;
    await runCli(rehearse(), (stderr, child) => {
      if (sent || !stderr.includes('... a turn reaches Gemini and streams')) return;
      sent = true;
      child.kill('SIGKILL');
    });
    expect(sent).toBe(true);
    // The shell that holds its will looks twice.
    const deadline = Date.now() + MINUTES;
    while ((await leftBehind()).containers.length > 0 && Date.now() < deadline) await Bun.sleep(100);
    expect(await leftBehind()).toEqual({ containers: [], images: [] });
  },
  10 * MINUTES,
);
