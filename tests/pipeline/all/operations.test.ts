import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type AppliedPlan } from '@lornu/ops/delivery/manifest.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { checkOut } from '../runner/checkout.ts';
import { root, startPipeline, TOKEN, WORKSPACE, type Pipeline } from '../kit.ts';
import { readOperationsPage } from '../operations-page.ts';
import { finishDeployment, finishNextDeployment, runningRevision, stallDeployment } from '../service.ts';

setDefaultTimeout(10 * 60_000);

// docs/operations.md on a laptop: all its commands, in order, against the emulated account.

const EARLIER = '0123456789ab';
let pipeline: Pipeline;
let laptop: string;
let env: Record<string, string | undefined>;
const digests: Record<string, string> = {};

beforeAll(async () => {
  pipeline = await startPipeline();
  const { world, emulator } = pipeline;
  laptop = join(world.folder, 'laptop');
  await checkOut(world.repository, world.commit, laptop, root);
  for (const revision of [EARLIER, world.commit.slice(0, 12)])
    digests[revision] = await pipeline.pushImage(revision);
  const secrets = new SecretsManager(emulatorSettings(emulator.url));
  await secrets.createSecret({ Name: 'lornu/staging/session-key' });
  env = {
    ...world.env,
    PATH: [join(root, 'tests/pipeline/programs/aws'), world.cosignFolder, world.env['PATH']].join(':'),
    AWS_REGION: 'us-east-1',
    // Version 1 of AWS's command line reads this; version 2 reads the other one.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'laptop',
    AWS_SECRET_ACCESS_KEY: 'laptop',
    TF_TOKEN_app_terraform_io: TOKEN,
    LORNU_TERRAFORM_VARIABLES: world.vars['LORNU_TERRAFORM_VARIABLES'],
    EARLIER,
  };
  const made = await run('aws logs create-log-group --log-group-name /ecs/lornu-staging');
  expect(made.said).toBe('');
});
afterAll(() => pipeline?.stop(), 5 * 60_000);

const { commands, mentioned } = await readOperationsPage(root);

/** Expected output of commands whose exit code is not enough. */
const SEEN: Record<string, string> = {
  './lornu plan --for deploy': '3 to create',
  './lornu plan scan': 'trivy: not installed',
  './lornu plan summary': 'Next: ./lornu apply --approved sha256:',
  './lornu cost': '| **sum** | before: 0.00 | **36.04** |',
  './lornu deploy': 'is served at http://127.0.0.1:',
  './lornu rollback --list': EARLIER,
  './lornu rollback "$EARLIER"': 'Nothing was changed.',
  './lornu rollback "$EARLIER" -y': `${EARLIER} is served at`,
  './lornu deploy --force-new-deployment': `${EARLIER} is served at`,
  './lornu drift': 'Nothing differs.',
};

test('the page has a command for each of its subjects', () => {
  expect(commands.length).toBeGreaterThan(14);
  expect(Object.keys(SEEN).filter((command) => !commands.includes(command))).toEqual([]);
});

for (const command of commands) {
  test(command, async () => {
    const watching = await prepare(command);
    const { exitCode, said } = await run(command);
    clearInterval(watching);
    expect(said).toContain(SEEN[command] ?? '');
    expect(exitCode).toBe(0);
  });
}

test('the lock of a run that is gone is released by the command on the page', async () => {
  const command = mentioned.find((one) => one.includes('force-unlock')) ?? 'there is none';
  pipeline.cloud.lock(WORKSPACE, 'Run that is gone');
  expect((await run('./lornu plan --for deploy')).said).toContain(command);
  const { exitCode, said } = await run(`echo yes | ${command}`);
  expect(said).toContain('has been successfully unlocked');
  expect(exitCode).toBe(0);
  expect((await run('./lornu plan --for deploy')).exitCode).toBe(0);
});

test.each<[string, string]>([
  ['by hand', './lornu rollback "$UNSIGNED" -y'],
  ['by itself', 'COSIGN_SIGNATURES=/dev/null ./lornu rollback --automatic'],
])('a rollback %s to an image without a signature is refused, and nothing changes', async (how, command) => {
  if (how === 'by hand') await pipeline.pushImage('feed12345678', null);
  // As right after an apply: plans in between have cleared the folder.
  else await writeFile(join(laptop, '.lornu/delivery/applied.json'), JSON.stringify(lastApply()));
  env['UNSIGNED'] = 'feed12345678';
  const before = { running: runningRevision(pipeline), serial: pipeline.cloud.state(WORKSPACE)?.serial };
  const { exitCode, said } = await run(command);
  expect(said).toContain('Nothing was applied: the image is not one that may run.');
  expect(said).toContain('Nobody has signed sha256:');
  expect(exitCode).toBe(1);
  const after = { running: runningRevision(pipeline), serial: pipeline.cloud.state(WORKSPACE)?.serial };
  expect(after).toEqual(before);
});

/** The files that an apply of the earlier image leaves. */
function lastApply(): AppliedPlan {
  const [image, before] = [EARLIER, pipeline.world.commit.slice(0, 12)].map((revision) => ({
    revision,
    digest: digests[revision] ?? '',
  }));
  if (!image || !before) throw new Error('there are two');
  return { at: new Date().toISOString(), image, before, startsDeployment: true };
}

async function run(command: string): Promise<{ exitCode: number | undefined; said: string }> {
  const lines: string[] = [];
  const { exitCode } = await tryCommand(['bash', '-e', '-o', 'pipefail', '-c', command], {
    cwd: laptop,
    env,
    onLine: (line) => lines.push(line),
  });
  return { exitCode, said: lines.join('\n') };
}

/** What a person and ECS do meanwhile. */
async function prepare(command: string): Promise<ReturnType<typeof setInterval> | undefined> {
  if (command.startsWith('./lornu apply'))
    env['APPROVED'] = digestOf(await readFile(join(laptop, '.lornu/delivery/manifest.json')));
  if (command === './lornu deploy') await finishDeployment(pipeline, pipeline.world.commit.slice(0, 12));
  if (command.endsWith('--force-new-deployment')) {
    const before = await stallDeployment(pipeline, 'ECS deployment circuit breaker: tasks failed to start.');
    void finishNextDeployment(pipeline, before, EARLIER).catch(() => undefined);
  }
  if (!command.endsWith('-y')) return undefined;
  return setInterval(() => {
    if (runningRevision(pipeline) === EARLIER)
      void finishDeployment(pipeline, EARLIER).catch(() => undefined);
  }, 500);
}
