import { expect, test } from 'bun:test';
import { CliError, EXIT } from '../../base/cli-error.ts';
import { halfway } from './halfway.ts';
import { createProgress } from './progress.ts';

const changes = (['one', 'two', 'three'] as const).map((address) => ({ address, action: 'create' as const }));
const hook = (addr: string) => ({ '@message': '', hook: { resource: { addr } } });
const ABORTED = new DOMException('The operation was aborted.', 'AbortError');

function afterOne() {
  const progress = createProgress(changes);
  for (const type of ['apply_start', 'apply_complete']) progress.take({ type, ...hook('one') });
  progress.take({ type: 'apply_start', ...hook('two') });
  return progress;
}

test('an apply that a person stops says what is applied, what is not, and that it was interrupted', () => {
  const error = halfway(ABORTED, afterOne().read(), true);
  expect(error).toBeInstanceOf(CliError);
  expect(error).toMatchObject({
    exitCode: EXIT.interrupted,
    parts: {
      what: 'The plan was applied in part: 1 of 3 changes are done.',
      why: 'It was interrupted.',
      output: ['applied (1):', '  one', 'begun, end unknown (1):', '  two', 'not applied (1):', '  three'],
    },
  });
});

test('before the first change there is nothing to say about it', () => {
  expect(halfway(ABORTED, createProgress(changes).read(), true)).toBe(ABORTED);
});
