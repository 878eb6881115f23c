import type { Report } from '@lornu/rehearsal/report/report.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childrenOf, processesWith, runCli, temporaryRehearsal } from '../whole/kit.ts';
import { isAlive } from '@lornu/ops/process/is-alive.ts';

// `lornu rehearse` itself, complete and interrupted at each of its parts: each run applies, so this only runs with
// --all.
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
let reportFolder: string;
beforeAll(async () => {
  rehearsal = await temporaryRehearsal();
  reportFolder = join(rehearsal.dataDir, 'report');
});
afterAll(() => rehearsal.remove());

const rehearse = (...more: string[]) => [
  'rehearse',
  `--data-dir=${rehearsal.dataDir}`,
  `--report=${reportFolder}`,
  ...more,
];

/** Except for the report, which an earlier test may have left. */
async function expectNothingLeft(): Promise<void> {
  expect((await readdir(rehearsal.dataDir)).filter((name) => name !== 'report')).toEqual([]);
  expect(await processesWith(rehearsal.dataDir)).toEqual([]);
}

test('runs every part, exits with 0, and leaves only the report', async () => {
  const { exitCode, stdout } = await runCli(rehearse('--json'));
  const report = JSON.parse(stdout) as Report;
  expect(report.phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'apply done',
    'serve done',
    'verify done',
    'deploy done',
    'destroy done',
  ]);
  expect([exitCode, report.holds]).toEqual([0, true]);
  expect(report.scenarios.map(({ id }) => id)).toEqual(['rolling-deploy', 'bad-image', 'killed-task']);
  await expectNothingLeft();
  expect((await readdir(reportFolder)).toSorted()).toEqual([
    'environment.svg',
    'network.svg',
    'report.html',
    'report.json',
  ]);
  // A token of this rehearsal, a cookie key, a private key: none of them may be in it.
  const page = await readFile(join(reportFolder, 'report.html'), 'utf8');
  expect(page + stdout).not.toMatch(/eyJ[\w-]{20,}\.|PRIVATE KEY|rehearsal-client-secret/);
}, 900_000);

/** When Ctrl-C comes, by the message at that time. */
const MOMENTS = {
  'in the middle of the apply': '... Apply terraform/aws/staging',
  'while Google’s side starts': "... Start Google's side",
  'while the tasks start': '... Run the tasks of the service',
  'while it is verified': '... a turn reaches Gemini and streams',
  'in the middle of a deploy': '... a rolling deploy',
};
for (const [name, line] of Object.entries(MOMENTS)) {
  test(`Ctrl-C ${name} leaves nothing behind`, async () => {
    let sent = false;
    const { exitCode, stdout } = await runCli(rehearse('--wait=1'), (stderr, child) => {
      if (sent || !stderr.includes(line)) return;
      sent = true;
      setTimeout(() => child.kill('SIGINT'), 1_500);
    });
    expect([sent, exitCode, stdout]).toEqual([true, 130, '']);
    await expectNothingLeft();
  }, 900_000);
}

test('a kept one is verified by another command, and ended by Ctrl-C', async () => {
  let verified: Awaited<ReturnType<typeof runCli>> | undefined;
  const { exitCode, stdout } = await runCli(
    rehearse('--keep'),
    () => {},
    (text, child) => {
      const command = /\.\/lornu (verify .+)$/m.exec(text)?.[1];
      if (verified || !command) return;
      verified = { exitCode: -1, stdout: '', stderr: '' };
      void runCli([...command.split(' '), '--no-aws', '--wait=1']).then((run) => {
        verified = run;
        child.kill('SIGINT');
      });
    },
  );
  expect(verified?.stdout).toContain('checks hold');
  expect(verified?.exitCode).toBe(0);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Ended by Ctrl-C')]);
  await expectNothingLeft();
}, 900_000);

test('Ctrl-C during the destroy leaves nothing behind', async () => {
  const at = `--data-dir=${rehearsal.dataDir}`;
  expect((await runCli(['rehearse', 'apply', at])).exitCode).toBe(0);
  let sent = false;
  const { exitCode } = await runCli(['rehearse', 'destroy', at], (stderr, child) => {
    if (sent || !stderr.includes('... Destroy terraform/aws/staging')) return;
    sent = true;
    setTimeout(() => child.kill('SIGINT'), 3_000);
  });
  expect([sent, exitCode]).toEqual([true, 130]);
  await expectNothingLeft();
}, 900_000);

test('a part that crashes in the middle ends it with a failure, a sentence and a report', async () => {
  let killed = false;
  const { exitCode, stdout, stderr } = await runCli(rehearse('--wait=1'), (said) => {
    if (killed || !said.includes('... a rolling deploy')) return;
    killed = true;
    void processesWith(join(rehearsal.dataDir, 'rehearsal/serve/haproxy')).then(([haproxy = '']) =>
      process.kill(Number(haproxy.split(' ')[0]), 'SIGKILL'),
    );
  });
  expect(stderr).toContain('HAProxy was ended by SIGKILL.');
  expect(stderr).toContain('next: Fix what it reports');
  expect(stdout).toContain(
    'The run failed. Everything it had started was stopped and removed, without a destroy.',
  );
  expect([killed, exitCode]).toEqual([true, 1]);
  const report = JSON.parse(await readFile(join(reportFolder, 'report.json'), 'utf8')) as Report;
  expect([report.holds, report.failure]).toEqual([false, expect.stringContaining('HAProxy was ended by')]);
  await expectNothingLeft();
}, 900_000);

test('kill -9 ends everything that runs, and the next command cleans the disk', async () => {
  let killed: Promise<number[]> | undefined;
  await runCli(rehearse('--peer', '--wait=1'), (stderr, child) => {
    if (killed || !stderr.includes('... a turn reaches Gemini and streams')) return;
    killed = childrenOf(child.pid).then((children) => {
      child.kill('SIGKILL');
      return children.map(({ pid }) => pid);
    });
  });
  const pids = (await killed) ?? [];
  // Gemini, Firestore, Cloud Storage, the peer, HAProxy, the emulator, two tasks.
  expect(pids.length).toBeGreaterThanOrEqual(8);
  const alive = (): number[] => pids.filter((pid) => isAlive(pid));
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && alive().length > 0) await Bun.sleep(100);
  expect(alive()).toEqual([]);
  const { exitCode, stdout } = await runCli(['rehearse', 'destroy', `--data-dir=${rehearsal.dataDir}`]);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('what lay on disk is removed')]);
  await expectNothingLeft();
}, 900_000);
