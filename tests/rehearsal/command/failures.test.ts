import { CliError } from '@lornu/ops/base/cli-error.ts';
import { apply, type ApplyResult } from '@lornu/rehearsal/run/apply.ts';
import { destroy } from '@lornu/rehearsal/run/destroy.ts';
import { serve } from '@lornu/rehearsal/serve/serve.ts';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, processesWith, runCli, temporaryRehearsal } from '../whole/kit.ts';

setDefaultTimeout(300_000);

// One applied environment, served repeatedly; each time something else is wrong or stops.
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
let applied: ApplyResult;
let serving: typeof rehearsal.context & { redact: (text: string) => string };
beforeAll(async () => {
  rehearsal = await temporaryRehearsal();
  serving = { ...rehearsal.context, redact: (text) => text };
  applied = await apply({ provider: 'auto', port: 0, variableArguments: [] }, rehearsal.context);
}, 900_000);
afterAll(async () => {
  await destroy(rehearsal.context);
  await rehearsal.remove();
}, 300_000);

async function expectNothingServed(): Promise<void> {
  const left = (await childrenOf(process.pid)).filter(({ pid }) => pid !== applied.standing.emulator.pid);
  expect(left).toEqual([]);
  expect(await processesWith(join(rehearsal.context.folder, 'serve'))).toEqual([]);
  expect(await stat(join(rehearsal.context.folder, 'serve')).catch(() => undefined)).toBeUndefined();
}

async function refusal(promise: Promise<unknown>): Promise<CliError['parts']> {
  const error = await promise.then(
    () => new Error('nothing was wrong'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CliError)) throw error;
  return error.parts;
}

describe('serving ends with a sentence', () => {
  test.each([
    ['the Gemini stand-in', 'standins/gemini', 'The Gemini stand-in was ended by SIGKILL.'],
    ['the Firestore stand-in', 'standins/firestore', 'The Firestore stand-in was ended by SIGKILL.'],
    ['Cloud Storage', 'fake-gcs-server', 'fake-gcs-server was ended by SIGKILL.'],
    ['the load balancer', 'haproxy.cfg', 'HAProxy was ended by SIGKILL.'],
  ])('when %s crashes', async (_name, command, what) => {
    const served = await serve(applied.standing, {}, serving);
    const victim = (await childrenOf(process.pid)).find((child) => child.command.includes(command));
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const parts = await refusal(served.failed);
    expect(parts).toMatchObject({
      what,
      next: 'Fix what it reports, then run ./lornu rehearse serve again.',
    });
    await served.stop();
    await expectNothingServed();
  });
});

describe('serving is refused with a sentence', () => {
  test('if the wanted port is taken', async () => {
    const holder = createServer();
    await new Promise<void>((done) => void holder.listen(0, '127.0.0.1', done));
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const parts = await refusal(serve(applied.standing, { ports: { 443: port } }, serving));
    holder.close();
    expect(parts).toMatchObject({
      what: `Port ${port} can't be used.`,
      why: expect.stringContaining(`process ${process.pid}`),
      next: './lornu rehearse serve --port 0 takes a free port; --port N takes N.',
      exitCode: 3,
    });
    await expectNothingServed();
  });

  test('where all is on loopback and something holds the port of the tasks on every address', async () => {
    const holder = createServer();
    await new Promise<void>((done) => void holder.listen(8080, '0.0.0.0', done));
    const parts = await refusal(serve(applied.standing, { loopback: true }, serving));
    holder.close();
    expect(parts).toMatchObject({
      what: "Port 8080 is taken on the tasks' addresses.",
      next: 'Stop it, or make it listen on 127.0.0.1 only, then run the same command again.',
      exitCode: 3,
    });
    await expectNothingServed();
  });

  test('if the image does not exist', async () => {
    const { ecs } = applied.standing.clients;
    const { outputs = {} } = applied.stacks.find(({ name }) => name === 'staging') ?? {};
    const at = { cluster: String(outputs['cluster_name']), service: String(outputs['service_name']) };
    const { services } = await ecs.describeServices({ cluster: at.cluster, services: [at.service] });
    const good = services?.[0]?.taskDefinition;
    const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: good });
    const [container] = taskDefinition?.containerDefinitions ?? [];
    const image = container?.image?.replace(/sha256:.*/, `sha256:${'1'.repeat(64)}`);
    const { family, cpu, memory, networkMode, requiresCompatibilities, taskRoleArn, executionRoleArn } =
      taskDefinition ?? {};
    const bad = await ecs.registerTaskDefinition({
      family,
      cpu,
      memory,
      networkMode,
      requiresCompatibilities,
      taskRoleArn,
      executionRoleArn,
      containerDefinitions: [{ ...container, image }],
    });
    await ecs.updateService({ ...at, taskDefinition: bad.taskDefinition?.taskDefinitionArn });
    const parts = await refusal(serve(applied.standing, {}, serving));
    expect(parts).toMatchObject({
      what: "The service's tasks do not become healthy.",
      why: expect.stringContaining('CannotPullContainerError'),
      next: expect.stringContaining('the image, a secret, or a variable'),
    });
    await expectNothingServed();
    await ecs.updateService({ ...at, taskDefinition: good });
  });

  test('if a secret is missing', async () => {
    const { secrets } = applied.standing.clients;
    const { SecretList = [] } = await secrets.listSecrets({ MaxResults: 100 });
    const key = SecretList.find(({ Name }) => Name?.endsWith('/session-key'));
    await secrets.deleteSecret({ SecretId: key?.ARN, ForceDeleteWithoutRecovery: true });
    const parts = await refusal(serve(applied.standing, {}, serving));
    expect(parts).toMatchObject({
      what: "The service's tasks do not become healthy.",
      why: expect.stringContaining('ResourceInitializationError: unable to pull secrets'),
    });
    await expectNothingServed();
  });
});

test('on a machine without HAProxy the error says how to install it, before anything is applied', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-nobody-'));
  await chmod(folder, 0o777);
  // Hidden from a single process, which may not install anything.
  const hidden = 'mount --bind /dev/null /usr/sbin/haproxy && exec setpriv --reuid=65534 --clear-groups "$@"';
  const within = ['unshare', '--mount', 'sh', '-c', hidden, '--'];
  const run = await runCli(['rehearse', `--data-dir=${folder}`], undefined, undefined, within);
  expect(run.stderr).toContain('Missing: haproxy.');
  expect(run.stderr).toContain('next: sudo apt-get install -y haproxy');
  expect([run.exitCode, run.stdout]).toEqual([3, '']);
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test('an emulator that crashes ends the serving with a sentence', async () => {
  const { pid } = applied.standing.emulator;
  let killed = false;
  const run = await runCli(['rehearse', 'serve', '--data-dir', rehearsal.dataDir], (stderr) => {
    if (killed || !stderr.includes('... Run the tasks')) return;
    killed = true;
    process.kill(pid, 'SIGKILL');
  });
  expect(run.stderr).toContain('The AWS emulator no longer answers.');
  expect(run.stderr).toContain('next: ./lornu rehearse apply starts from nothing.');
  expect(run.exitCode).toBe(3);
  await expectNothingServed();
  // Its memory is lost, and the next command says so.
  const next = await runCli(['rehearse', 'serve', '--data-dir', rehearsal.dataDir]);
  expect(next.stderr).toContain('No rehearsal is running here.');
  expect(next.exitCode).toBe(1);
});
