import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { processesWith, runCli, temporaryRehearsal } from './kit.ts';

// The command itself, stopped and misused; each test ends with nothing running and nothing on disk.
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
beforeAll(async () => void (rehearsal = await temporaryRehearsal()));
afterAll(() => rehearsal.remove());

const apply = (...more: string[]) => ['rehearse', 'apply', '--data-dir', rehearsal.dataDir, ...more];

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(rehearsal.dataDir)).toEqual([]);
  expect(await processesWith(rehearsal.dataDir)).toEqual([]);
}

/** Where Ctrl-C comes: at the beginning of a step, or when something is said within it. */
const STEPS = {
  'while the emulator starts': '... Start the AWS emulator',
  'in the middle of an apply': '... Apply terraform/aws/bootstrap',
};
for (const [name, line] of Object.entries(STEPS)) {
  test(`Ctrl-C ${name} leaves nothing behind`, async () => {
    let emulatorLog = '';
    let sent = false;
    const run = await runCli(apply(), (stderr, child) => {
      if (sent || !stderr.includes(line)) return;
      sent = true;
      setTimeout(() => {
        void readFile(join(rehearsal.dataDir, 'rehearsal/emulator.log'), 'utf8').then(
          (text) => (emulatorLog = text),
          () => {},
        );
        child.kill('SIGINT');
      }, 700);
    });
    expect(sent).toBe(true);
    expect(run.exitCode).toBe(130);
    expect(run.stdout).toBe('');
    await expectNothingLeft();
    const port = /"port": (\d+)/.exec(emulatorLog)?.[1];
    if (port) expect(await fetch(`http://127.0.0.1:${port}`).catch(() => 'closed')).toBe('closed');
  }, 300_000);
}

test('a killed command takes the emulator with it, and the next one starts from nothing', async () => {
  let killed = false;
  await runCli(apply(), (stderr, child) => {
    if (killed || !stderr.includes('... Apply terraform/aws/bootstrap')) return;
    killed = true;
    child.kill('SIGKILL');
  });
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && (await processesWith(rehearsal.dataDir)).length > 0) await Bun.sleep(200);
  expect(await processesWith(rehearsal.dataDir)).toEqual([]);
  const run = await runCli(['rehearse', 'destroy', '--data-dir', rehearsal.dataDir]);
  expect(run).toMatchObject({ exitCode: 0, stdout: 'Nothing stood here.\n' });
  await expectNothingLeft();
}, 300_000);

test('a value that cannot be right is refused with its rule and the next step, before anything starts', async () => {
  const run = await runCli(apply('--var', 'vpc_cidr=192.168.0.0/99'));
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('vpc_cidr must be a private /16 such as 10.1.0.0/16');
  expect(run.stderr).toContain('next: Give a valid value with --var name=value or --var-file.');
  expect(run.stderr).not.toContain('    at ');
  expect(run.stderr).not.toContain('... Start the AWS emulator');
  await expectNothingLeft();
}, 300_000);

test('a port that is taken is named with its holder', async () => {
  const holder: Server = createServer();
  await new Promise<void>((done) => void holder.listen(0, '127.0.0.1', done));
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const run = await runCli(apply('--port', String(port)));
  holder.close();
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toContain(`Port ${port} is taken.`);
  expect(run.stderr).toContain(`process ${process.pid}`);
  await expectNothingLeft();
});

test('plan without a rehearsal says what to do first', async () => {
  const run = await runCli(['rehearse', 'plan', '--data-dir', rehearsal.dataDir]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('next: ./lornu rehearse apply');
  await expectNothingLeft();
});

test('two at once: the second one is told who works', async () => {
  let second: Awaited<ReturnType<typeof runCli>> | undefined;
  const first = await runCli(apply(), (stderr, child) => {
    if (second || !stderr.includes('... Start the AWS emulator')) return;
    second = { exitCode: -1, stdout: '', stderr: '' };
    void runCli(apply()).then((run) => {
      second = run;
      child.kill('SIGINT');
    });
  });
  expect(first.exitCode).toBe(130);
  expect(second).toMatchObject({ exitCode: 3 });
  expect(second?.stderr).toContain('Another lornu command is running');
  await expectNothingLeft();
}, 300_000);
