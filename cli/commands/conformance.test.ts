import { expect, test } from 'bun:test';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { runCaptured } from '../captured-run.ts';

test('the list names each check with the sentence and the page it rests on', async () => {
  const { code, stdout } = await runCaptured(['conformance', '--list', 'tokens.expired']);
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain('an expired token is refused');
  expect(stdout).toContain('“ALB will validate the token signature');
  expect(stdout).toContain(
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html',
  );
  expect(stdout).toContain('1 checks: ');
  const { stdout: json } = await runCaptured(['conformance', '--list', '--json']);
  expect((JSON.parse(json) as unknown[]).length).toBeGreaterThanOrEqual(120);
});

test('a name that no check has is refused', async () => {
  const { code, stderr } = await runCaptured(['conformance', 'nothing-like-it']);
  expect(code).toBe(EXIT.usage);
  expect(stderr).toContain('No check has this name.');
});

test('AWS is refused without credentials, and without --yes, before anything is made', async () => {
  const without = await runCaptured(['conformance', '--target', 'aws', '--yes']);
  expect(without.code).toBe(EXIT.machine);
  expect(without.stderr).toContain('There are no AWS credentials, or no region.');
  const env = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_REGION: 'eu-west-1' };
  const unasked = await runCaptured(['conformance', '--target', 'aws'], { env });
  expect(unasked.code).toBe(EXIT.usage);
  expect(unasked.stderr).toContain('cost money');
  expect(unasked.stderr).toContain('eu-west-1');
});
