import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { runCaptured } from '../captured-run.ts';

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE', 'AWS_CONFIG_FILE'] as const;
const before = NAMES.map((name) => process.env[name]);
const folder = mkdtempSync(join(tmpdir(), 'drill-command-'));
for (const name of NAMES) delete process.env[name];
process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
process.env['AWS_CONFIG_FILE'] = '/dev/null';
process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
afterAll(() => {
  rmSync(folder, { recursive: true });
  delete process.env['AWS_EC2_METADATA_DISABLED'];
  delete process.env['AWS_SHARED_CREDENTIALS_FILE'];
  NAMES.forEach((name, index) => {
    if (before[index] === undefined) delete process.env[name];
    else process.env[name] = before[index];
  });
});

const drill = async (...argv: string[]) => runCaptured(['drill', ...argv, '--data-dir', folder]);

test('a history without drills says how to play one', async () => {
  expect(await drill('--history')).toMatchObject({
    code: EXIT.ok,
    stdout: 'There is no earlier drill on this machine. Start one with: ./lornu drill\n',
  });
  expect((await drill('--history', '--json')).stdout).toBe('[]\n');
});

test('without credentials of AWS a drill in staging says what it would do, and does nothing', async () => {
  const { code, stdout, stderr } = await drill('--url', 'https://agent.lornu.example');
  expect([code, stdout]).toEqual([EXIT.failed, '']);
  expect(stderr).toContain("1. Invert Route 53's health check of agent.lornu.example");
  expect(stderr).toContain('Nothing was changed: there are no AWS credentials');
});

test('with credentials it asks first, and without a terminal nobody can say yes', async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'a';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'b';
  const { code, stderr } = await drill('--url', 'https://agent.lornu.example');
  expect([code, stderr.split('\n').at(-2)]).toEqual([
    EXIT.failed,
    'Nothing was changed: a person has to confirm in a terminal.',
  ]);
});

test('a plain address is refused: a token may be sent there', async () => {
  expect((await drill('--url', 'http://agent.lornu.example')).code).toBe(EXIT.usage);
});
