import { expect, test } from 'bun:test';
import { EXIT } from '../../base/cli-error.ts';
import { explainAws } from './explain-aws.ts';

const named = (name: string, message = 'arn:aws:iam::123456789012:role/x may not'): Error =>
  Object.assign(new Error(message), { name });

test.each([
  ['ExpiredTokenException', 'have expired, or none are set', EXIT.failed],
  ['CredentialsProviderError', 'have expired, or none are set', EXIT.failed],
  ['AccessDeniedException', 'do not allow that (AccessDeniedException)', EXIT.failed],
  ['TimeoutError', 'cannot be reached from here', EXIT.machine],
  ['ServerException', 'AWS answered ServerException', EXIT.failed],
])('%s is told in a sentence, without the account', (name, why, exitCode) => {
  const cause = named(name);
  const error = explainAws("The service can't be looked at.", cause);
  expect(error.message).toContain("The service can't be looked at.");
  expect(error.parts.why).toContain(why);
  expect(error.parts.next).not.toBe('');
  expect(`${error.message} ${error.parts.why} ${error.parts.next}`).not.toContain('123456789012');
  expect([error.exitCode, error.cause]).toEqual([exitCode, cause]);
});

test('a refused connection is also recognised by its message', () => {
  expect(explainAws('x', named('Error', 'connect ECONNREFUSED 127.0.0.1:1')).exitCode).toBe(EXIT.machine);
});

test('a missing region is named: the client has sent nothing', () => {
  // As the AWS SDK for JavaScript reports it.
  const { parts, exitCode } = explainAws('x', named('Error', 'Region is missing'));
  expect([parts.why, exitCode]).toEqual(['AWS_REGION is not set.', EXIT.machine]);
});
