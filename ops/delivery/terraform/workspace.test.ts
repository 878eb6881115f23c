import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { startTerraformCloud, type TerraformCloud } from '@lornu/standins/terraform-cloud/server.ts';
import { inOneLine } from '../../base/cli-error.ts';
import { requireLocalExecution } from './workspace.ts';

const WORKSPACE = 'lornu-aws-staging';
const TOKENS = new Map([['a-token', 'read' as const]]);
let cloud: TerraformCloud;
let empty: TerraformCloud;
beforeAll(() => {
  cloud = startTerraformCloud({ organization: 'lornu-ai', workspaces: [WORKSPACE], tokens: TOKENS });
  empty = startTerraformCloud({ organization: 'lornu-ai', workspaces: [], tokens: TOKENS });
});
beforeEach(() => void (cloud.workspace(WORKSPACE).executionMode = 'local'));
afterAll(async () => void (await Promise.all([cloud.stop(), empty.stop()])));

const look = async (more: Record<string, string> = {}) =>
  requireLocalExecution({
    root: '',
    folder: '',
    cacheDir: '',
    emit: () => {},
    redact: (text) => text,
    signal: new AbortController().signal,
    env: { HOME: '/nowhere', TFE_ADDRESS: cloud.address, TF_TOKEN_app_terraform_io: 'a-token', ...more },
  });

const refusal = async (more: Record<string, string> = {}) =>
  look(more).then(() => 'it was not refused', inOneLine);

test('a workspace with local execution passes, and reports its lock', async () => {
  expect(await look()).toEqual({ locked: false });
  cloud.lock(WORKSPACE, 'User somebody');
  expect(await look()).toEqual({ locked: true });
  cloud.unlock(WORKSPACE);
});

test("a new workspace with the organization's default is remote, and is refused with the fix", async () => {
  const fresh = startTerraformCloud({ organization: 'lornu-ai', workspaces: [WORKSPACE], tokens: TOKENS });
  const refused = await look({ TFE_ADDRESS: fresh.address }).catch((error: unknown) => error);
  await fresh.stop();
  expect(refused).toMatchObject({
    parts: {
      why: expect.stringContaining('has execution mode remote: plans would run at HCP'),
      next: expect.stringContaining('Settings, General, Execution Mode: Local'),
    },
  });
});

test('a workspace that runs at an agent is refused too', async () => {
  cloud.workspace(WORKSPACE).executionMode = 'agent';
  expect(await refusal()).toContain('execution mode agent');
});

test('a missing workspace is refused, because terraform init would create a remote one', async () => {
  expect(await refusal({ TFE_ADDRESS: empty.address })).toContain('This token cannot see');
});

test('a refused token and an unreachable address get different errors', async () => {
  expect(await refusal({ TF_TOKEN_app_terraform_io: 'another' })).toContain('does not accept the token');
  expect(await refusal({ TFE_ADDRESS: 'http://127.0.0.1:1' })).toContain('cannot be reached');
});

test('without a token nothing is requested: Terraform says how to get one', async () => {
  expect(await look({ TF_TOKEN_app_terraform_io: '' })).toBeUndefined();
});
