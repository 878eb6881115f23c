import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@lornu/ops/aws-resources/resource-types.ts';
import { OVERRIDE_FILE, renderOverride } from './override.ts';
import { stageStack, VARIABLES_FILE } from './stage-stack.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'stack-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = { emulatorUrl: 'http://127.0.0.1:5999', variables: { revision: '0000000' } };

test('only files that Terraform reads and git tracks are copied, unchanged', async () => {
  const source = join(folder, 'source');
  await mkdir(join(source, 'tests'), { recursive: true });
  await mkdir(join(source, '.terraform'));
  const kept = { 'main.tf': '# ä\n', 'policy.json': '{}' };
  const left = {
    '.terraform.lock.hcl': 'x',
    'terraform.tfstate': '{}',
    'terraform.tfstate.backup': '{}',
    'mine.auto.tfvars': 'x = 1',
    'mine.auto.tfvars.json': '{}',
    'README.md': '# x',
  };
  for (const [name, content] of Object.entries({ ...kept, ...left }))
    await writeFile(join(source, name), content);

  const copy = join(folder, 'copy');
  await stageStack(source, copy, options);
  expect((await readdir(copy)).toSorted()).toEqual(
    [...Object.keys(kept), VARIABLES_FILE, OVERRIDE_FILE].toSorted(),
  );
  for (const [name, content] of Object.entries(kept)) {
    expect(await readFile(join(copy, name), 'utf8')).toBe(content);
  }
});

test('a folder without Terraform files is an error that names it', async () => {
  const empty = join(folder, 'none');
  const error = await stageStack(empty, join(folder, 'copy-2'), options).catch((cause: Error) => cause);
  expect(error).toHaveProperty('message', `There is nothing to apply in ${empty}.`);
});

test('the override changes state and endpoints, and nothing else', () => {
  // Every line that sets something, so that a new line of the override must be added here too.
  const set = renderOverride('http://127.0.0.1:5999')
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && line !== '}');
  expect(set).toEqual([
    'terraform {',
    'backend "local" {}',
    'provider "aws" {',
    'skip_credentials_validation = true',
    'skip_metadata_api_check = true',
    's3_use_path_style = true',
    'retry_mode = "standard"',
    'max_retries = 2',
    'endpoints {',
    ...SERVICES.map((service) => `${service} = "http://127.0.0.1:5999"`),
  ]);
});
