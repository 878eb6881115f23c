import { expect, test } from 'bun:test';
import { EXIT, type CliErrorParts } from '@lornu/ops/base/cli-error.ts';
import { explainFailure } from './explain-failure.ts';
import { parseEvent, type Diagnostic } from '@lornu/ops/terraform/terraform-events.ts';

const WHAT = 'terraform apply failed.';

function explain(...diagnostics: Partial<Diagnostic>[]): CliErrorParts {
  const complete = diagnostics.map((one) => ({ severity: 'error' as const, summary: 'Error', ...one }));
  return explainFailure(WHAT, complete, ['last line']).parts;
}

test("a refused value is the first thing said, with the file's own sentence and no usage of ours around it", () => {
  const parts = explain(
    { summary: 'Error in function call', detail: 'Call to function "cidrsubnet" failed' },
    {
      summary: 'Invalid value for variable',
      detail:
        'region must be a region of the aws partition.\n\nThis was checked by the validation rule at variables.tf:9,3-13.',
      range: { filename: 'variables.tf', start: { line: 4 } },
    },
  );
  expect(parts.why).toBe(
    'Invalid value for variable. region must be a region of the aws partition. This was checked by the validation rule at variables.tf:9,3-13. (variables.tf:4) 1 more of the kind followed.',
  );
  expect(parts.next).toContain('--var name=value');
  expect(parts.exitCode).toBe(EXIT.usage);
});

const NEXT: Record<string, [Partial<Diagnostic>, string]> = {
  'a call that a role may not make': [
    {
      summary: 'creating Budget',
      detail:
        'api error AccessDenied: User: arn:aws:sts::123456789012:assumed-role/LornuGithubApplyRole/run is not authorized to perform: budgets:ModifyBudget on resource: arn:aws:budgets::123456789012:budget/a because no identity-based policy allows the budgets:ModifyBudget action',
    },
    'Allow budgets:ModifyBudget on arn:aws:budgets::123456789012:budget/a to LornuGithubApplyRole',
  ],
  'a call that the emulator does not know': [
    { summary: 'reading Budget', detail: 'https response error StatusCode: 500, deserialization failed' },
    'rehearsal/aws/extensions',
  ],
  'a service without an endpoint': [
    {
      summary: 'reading Bucket',
      detail: 'proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused',
    },
    'ops/aws-resources',
  ],
  'a registry out of reach': [{ summary: 'Failed to query available provider packages' }, '--provider built'],
  'a variable that is not there': [{ summary: 'Value for undeclared variable' }, 'variables.tf'],
  'a variable without a value': [{ summary: 'No value for required variable' }, '--var name=value'],
  'anything else': [
    { summary: 'Invalid reference', detail: 'A reference to a resource type must be followed...' },
    'Fix the files',
  ],
};
for (const [name, [diagnostic, next]] of Object.entries(NEXT)) {
  test(`the next step after ${name} names what to change`, () => {
    expect(explain(diagnostic).next).toContain(next);
  });
}

test('a run that ends without a diagnostic shows its last lines', () => {
  expect(explain()).toMatchObject({ what: WHAT, output: ['last line'] });
  expect(explain({ severity: 'warning', summary: 'Deprecated' })).toMatchObject({ output: ['last line'] });
});

test('lines that are no events of Terraform are told apart', () => {
  expect(parseEvent('panic: runtime error')).toBeUndefined();
  expect(parseEvent('{"type": 3}')).toBeUndefined();
  expect(parseEvent('{broken')).toBeUndefined();
  expect(parseEvent('{"type":"version","@message":"Terraform 1.11.4"}')).toMatchObject({ type: 'version' });
});
