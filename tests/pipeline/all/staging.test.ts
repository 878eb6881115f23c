import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import type { JobReport } from '../runner/run-workflow.ts';
import { expectRan, logOf } from '../kit.ts';
import { deployBad, deployGood, startStaging, type Staging } from '../staging.ts';
import { RUN_BY } from '../steps.ts';

setDefaultTimeout(25 * 60_000);

// The workflow on terraform/aws/staging itself: its 110 resources are applied to the emulated account, its tasks run,
// its load balancer answers. The test sets no state of AWS itself; what is served is requested through HAProxy, over
// TLS.

let staging: Staging;
let first: Record<string, JobReport>;
let firstRevision: string;

beforeAll(async () => void (staging = await startStaging()));
afterAll(() => staging?.stop(), 5 * 60_000);

test('a new image is planned, scanned, approved, applied, served and verified', async () => {
  const { revision, jobs } = await deployGood(staging);
  first = jobs;
  firstRevision = revision;
  const { plan } = jobs;
  expect(logOf(plan)).toContain('1 to update, 1 to replace');
  expect(plan?.summary).toContain('| checkov');
  expect(plan?.summary).toContain('nothing found');
});

test('nothing that the jobs pass on, store or print contains the value of a secret', async () => {
  const secrets = await secretValues(staging.world.emulatorUrl);
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  const folder = join(staging.world.folder, 'artifacts');
  const read = async (under: string): Promise<string[]> => {
    const names = [...new Bun.Glob('**/*').scanSync({ cwd: under, dot: true })];
    return Promise.all(names.map(async (name) => readFile(join(under, name), 'latin1')));
  };
  // A plan file is an archive of the plan, the state and the configuration.
  const [plan = ''] = [...new Bun.Glob('**/*.tfplan').scanSync({ cwd: folder, dot: true })];
  const opened = join(staging.world.folder, 'opened-plan');
  await runCommand(['python3', '-m', 'zipfile', '-e', join(folder, plan), opened]);
  const files = [...(await read(folder)), ...(await read(opened))];
  const said = Object.values(first).flatMap((report) => [logOf(report), report.summary]);
  const texts = [...files, ...said, JSON.stringify(staging.state())];
  // Other values are found there: a search that finds nothing anywhere proves nothing.
  for (const part of [files, said, [JSON.stringify(staging.state())]])
    expect(part.filter((text) => text.includes(firstRevision)).length).toBeGreaterThan(0);
  const holding = secrets.filter(({ value }) => texts.some((text) => text.includes(value)));
  expect(holding.map(({ name }) => name)).toEqual([]);
});

test('an image that does not run is rolled back by ECS and by the workflow, and the run fails', () =>
  deployBad(staging));

test('the claimed steps were run here', () => {
  expectRan(staging.ran, RUN_BY['all/staging']);
});

/** The secret part of each stored secret: the longest line of a key, the password of a client. */
async function secretValues(emulatorUrl: string): Promise<{ name: string; value: string }[]> {
  const client = new SecretsManager(emulatorSettings(emulatorUrl));
  const { SecretList = [] } = await client.listSecrets({ MaxResults: 100 });
  const values = await Promise.all(
    SecretList.map(async ({ ARN: SecretId, Name: name = '' }) => {
      const { SecretString: text = '' } = await client
        .getSecretValue({ SecretId })
        .catch(() => ({ SecretString: '' }));
      const secret = text.startsWith('{')
        ? (JSON.parse(text) as { client_secret: string }).client_secret
        : (text.split('\n').toSorted((a, b) => b.length - a.length)[0] ?? '');
      return { name, value: secret };
    }),
  );
  return values.filter(({ value }) => value.length >= 8);
}
