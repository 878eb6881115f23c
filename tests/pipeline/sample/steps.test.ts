import { expect, test } from 'bun:test';
import { ACTIONS } from '../runner/actions.ts';
import { WAIT_MINUTES } from '@lornu/cli/commands/deploy.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';
import { readWorkflow } from '../kit.ts';
import { ACTED, describeSteps, NOT_RUN, RUN_BY, stepsOf } from '../steps.ts';

// Compares the lists of tests/pipeline/steps.ts with the workflow; the files named there check that the steps really
// run.

const workflow = await readWorkflow();
const all = stepsOf(workflow);
const ran = new Set<string>(Object.values(RUN_BY).flat());

test('every step of the workflow is run by a rehearsal, or has a reason', () => {
  process.stdout.write(`${describeSteps(workflow).join('\n')}\n`);
  expect(all.map(({ step }) => step).filter((step) => !ran.has(step) && !NOT_RUN[step])).toEqual([]);
  expect(Object.keys(NOT_RUN).filter((step) => ran.has(step))).toEqual([]);
});

test('every claimed step is a step of the workflow', () => {
  const known = new Set(all.map(({ step }) => step));
  expect([...ran, ...Object.keys(NOT_RUN)].filter((step) => !known.has(step))).toEqual([]);
});

test("lornu deploy gives up by itself, with a reason, before its step's time limit", () => {
  const limits = Object.values(workflow.jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ run }) => /^\.\/lornu (deploy|rollback)/.test(run ?? ''))
    .map((step) => step['timeout-minutes'] ?? 0);
  expect(limits).toHaveLength(2);
  // A rollback plans and applies first.
  expect(Math.min(...limits)).toBeGreaterThanOrEqual(WAIT_MINUTES + 5);
});

test('trivy is built here in the version that the workflow installs', () => {
  const versions = Object.values(workflow.jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ uses }) => uses?.startsWith('aquasecurity/setup-trivy@'))
    .map((step) => step.with?.['version']);
  expect(versions).toEqual([`v${TOOLS.trivy.pinned}`, `v${TOOLS.trivy.pinned}`]);
});

test('every action has a description of its replacement', () => {
  const used = new Set(all.filter(({ acted }) => acted).map(({ step }) => step.split(': ')[1] ?? ''));
  expect(Object.keys(ACTED).toSorted()).toEqual([...used].toSorted());
  expect(Object.keys(ACTIONS).toSorted()).toEqual([...used].toSorted());
});
