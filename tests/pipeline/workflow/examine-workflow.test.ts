import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineWorkflow } from './examine-workflow.ts';
import { RUNNING_JOBS } from './promises.ts';

const text = readFileSync(join(import.meta.dir, '../../../.github/workflows/terraform-aws.yml'), 'utf8');

test('the workflow keeps what is promised of it', () => {
  expect(examineWorkflow(text)).toEqual([]);
});

// What each promise notices is tried by wrong workflows made of the file: tests/infrastructure/workflow/operators.

test('an image is published on main alone, as the signature that is verified says', () => {
  const publishing = Object.entries(RUNNING_JOBS).filter(([, jobs]) => jobs.includes('publish'));
  expect(publishing.map(([event]) => event)).toEqual(['deploy started on main']);
});
