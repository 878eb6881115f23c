import { expect, test } from 'bun:test';
import { explainTerraform } from './explain.ts';

/** Messages of Terraform and AWS, with the expected explanation. */
const WORDS: readonly [summary: string, detail: string, why: string][] = [
  [
    'Error acquiring the state lock',
    'Error message: workspace already locked (lock ID: "x")',
    'The state is locked',
  ],
  [
    'Error acquiring the state lock',
    'Error message: resource not found',
    'may read the state but not lock it',
  ],
  ['Saved plan is stale', 'The given plan file can no longer be applied', 'The state has changed'],
  [
    'Failed to read organization "lornu-ai"',
    'reading the organization settings: unauthorized',
    'does not accept the token',
  ],
  ['Required token could not be found', 'Run the following command', 'does not accept the token'],
  [
    'reading ECS Cluster',
    'api error ExpiredTokenException: The security token included in the request is expired',
    'AWS does not accept the credentials',
  ],
  [
    'No valid credential sources found',
    'failed to refresh cached credentials',
    'AWS does not accept the credentials',
  ],
  [
    'creating EC2 VPC',
    'api error UnauthorizedOperation: You are not authorized to perform this operation',
    'The AWS role lacks a permission',
  ],
  [
    'Invalid value for variable',
    'revision must be a git commit',
    'A variable has no value, or an invalid one',
  ],
  [
    'Failed to query available provider packages',
    'Could not retrieve the list of available versions',
    'cannot be reached',
  ],
];

for (const [summary, detail, why] of WORDS) {
  test(`"${summary}: ${detail.slice(0, 40)}" is explained`, () => {
    const error = explainTerraform('It failed.', [{ severity: 'error', summary, detail }], []);
    expect(error.parts.why).toContain(why);
    expect(error.parts.next).not.toBe('');
    expect(error.parts.output?.join(' ')).toContain(summary);
  });
}

test('an unknown message is passed on unchanged', () => {
  const error = explainTerraform('It failed.', [{ severity: 'error', summary: 'Odd', detail: 'a\nb' }], []);
  expect(error.parts.why).toBe('Odd: a b');
});
