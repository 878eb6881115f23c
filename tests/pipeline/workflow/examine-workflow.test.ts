import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineWorkflow } from './examine-workflow.ts';
import { RUNNING_JOBS } from './promises.ts';

const text = readFileSync(join(import.meta.dir, '../../../.github/workflows/terraform-aws.yml'), 'utf8');

test('the workflow keeps all promises', () => {
  expect(examineWorkflow(text)).toEqual([]);
});

// tests/infrastructure/workflow/operators derives wrong workflows from the file, to test each promise.

test('a job before the approval may not get the token that writes the state', () => {
  expect(examineWorkflow(text.replaceAll('TF_API_TOKEN_READ', 'TF_API_TOKEN'))).toContain(
    'The step plan of review gets secrets.TF_API_TOKEN instead of secrets.TF_API_TOKEN_READ.',
  );
});

test('an image is published on main only, as the verified signature says', () => {
  const publishing = Object.entries(RUNNING_JOBS).filter(([, jobs]) => jobs.includes('publish'));
  expect(publishing.map(([event]) => event)).toEqual(['deploy started on main']);
});
