import { afterAll, beforeEach, expect, test } from 'bun:test';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { startTerraformCloud, type TerraformCloud } from '@lornu/standins/terraform-cloud/server.ts';
import { runCaptured, type CapturedRun } from '@lornu/cli/captured-run.ts';

let hcp: TerraformCloud;
beforeEach(async () => {
  await hcp?.stop();
  hcp = startTerraformCloud({
    organization: 'lornu-ai',
    workspaces: ['lornu-aws-bootstrap', 'lornu-aws-staging'],
    executionMode: 'local',
    tokens: new Map([['owner', 'owner' as const]]),
  });
});
afterAll(() => hcp.stop());

async function run(...argv: string[]): Promise<CapturedRun> {
  const done = await runCaptured(['setup', ...argv], {
    env: { HOME: '/nowhere', TFE_ADDRESS: hcp.address, TF_TOKEN_app_terraform_io: 'owner' },
  });
  if (done.code === EXIT.bug) throw new Error(done.stderr);
  return done;
}

test('without a terminal and without --yes it only checks, lists what is missing, and exits with 1', async () => {
  const { code, stdout } = await run('hcp');
  expect(code).toBe(EXIT.failed);
  expect(stdout).toMatch(/^ok {2}hcp-aws-staging +the workspace .*: it is$/m);
  expect(stdout).toMatch(/^NO {2}hcp-gcp-staging +.*\n +next: \.\/lornu setup hcp --yes hcp-gcp-staging$/m);
  expect(stdout).toEndWith(
    '3 of 4 are there, 1 missing. Begin with hcp-gcp-staging:\n  ./lornu setup hcp --yes hcp-gcp-staging\n',
  );
});

test('the command that it names creates it, and progress is on stderr', async () => {
  const { code, stdout, stderr } = await run('hcp', '--yes', 'hcp-gcp-staging');
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain('the workspace lornu-gcp-staging is there, with execution mode local: done now');
  expect(stderr).toContain('the workspace lornu-gcp-staging');
  expect(hcp.workspace('lornu-gcp-staging').executionMode).toBe('local');
});

test('--check takes precedence over --yes', async () => {
  const { code } = await run('hcp', '--yes', 'all', '--check');
  expect(code).toBe(EXIT.failed);
  expect(hcp.requests.filter((call) => !call.startsWith('GET'))).toEqual([]);
});

test('--json is one document with every step', async () => {
  const { stdout } = await run('hcp', '--check', '--json');
  const { ready, steps } = JSON.parse(stdout) as { ready: boolean; steps: { id: string; state: string }[] };
  expect(ready).toBe(false);
  expect(steps.map(({ id, state }) => [id, state])).toEqual([
    ['hcp-organization', 'ok'],
    ['hcp-aws-bootstrap', 'ok'],
    ['hcp-gcp-staging', 'missing'],
    ['hcp-aws-staging', 'ok'],
  ]);
});

test.each([
  [['hcp', '--yes', 'everything'], 'There is no step everything.'],
  [['hcp', '--account', '1234'], 'It takes the 12 digits of an AWS account.'],
  [['hcp', '--region', 'moon'], 'It takes a region such as us-east-1.'],
  [['hcp', '--repository', 'lornu'], 'It takes owner/name.'],
  [['hcp', '--variables', '/nowhere/x.json'], '/nowhere/x.json cannot be read.'],
  [['azure'], 'Allowed choices are hcp, aws, github, dns, google'],
])('%p is refused before anything is asked', async (argv, sentence) => {
  const { code, stderr } = await run(...argv);
  expect([code, stderr.includes(sentence)]).toEqual([EXIT.usage, true]);
  expect(hcp.requests).toEqual([]);
});
