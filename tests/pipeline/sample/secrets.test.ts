import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSecrets } from '@lornu/ops/delivery/plan/find-secrets.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { findTerraform } from '@lornu/ops/terraform/find-terraform.ts';
import { root } from '../kit.ts';

// Terraform's own plan of something with a secret, so that the marks are those that it really sets. No provider.

const STACK = `
variable "key" {
  type      = string
  sensitive = true
}

variable "name" {
  type = string
}

resource "terraform_data" "secret" {
  input = { password = var.key, name = var.name }
}

resource "terraform_data" "open" {
  input = var.name
}

output "password" {
  value     = terraform_data.secret.input
  sensitive = true
}
`;
let folder: string;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'lornu-secrets-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a secret is found in the plan that Terraform shows, and other values are not', async () => {
  await writeFile(join(folder, 'main.tf'), STACK);
  const env = { ...process.env, CHECKPOINT_DISABLE: '1' };
  const signal = new AbortController().signal;
  const found = await findTerraform({ cacheDir: join(root, '.cache'), env, signal }, { line: () => {} });
  const terraform = async (...command: string[]): Promise<string> =>
    (await runCommand([found.path, ...command], { cwd: folder, env })).stdout;
  await terraform('init', '-input=false');
  await terraform('plan', '-input=false', '-out=one.tfplan', '-var=key=a-planted-secret', '-var=name=a-name');
  const shown = await terraform('show', '-json', 'one.tfplan');
  expect(shown).toContain('a-planted-secret');
  expect(findSecrets(JSON.parse(shown)).toSorted()).toEqual([
    'output.password',
    'terraform_data.secret.input.password',
    'var.key',
  ]);
});
