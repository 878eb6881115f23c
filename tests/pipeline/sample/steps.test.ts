import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTIONS, type ActionInput } from '../runner/actions.ts';
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

test.each([
  ['aquasecurity/setup-trivy', 'version', TOOLS.trivy],
  ['sigstore/cosign-installer', 'cosign-release', TOOLS.cosign],
] as const)('%s installs the version that is built here', (action, name, { pinned }) => {
  const versions = Object.values(workflow.jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ uses }) => uses?.startsWith(`${action}@`))
    .map((step) => step.with?.[name]);
  expect(versions).toEqual([`v${pinned}`, `v${pinned}`]);
});

test('an artifact that another run wrote is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-artifact-'));
  const at = (runId: string): ActionInput =>
    ({
      world: { folder },
      attempt: { runId, number: 1 },
      checkout: join(folder, runId),
      with: { name: 'plan', path: 'p' },
    }) as unknown as ActionInput;
  await Bun.write(join(folder, 'first/p/staging.tfplan'), 'a plan');
  await ACTIONS['actions/upload-artifact']?.(at('first'));
  await ACTIONS['actions/download-artifact']?.(at('first'));
  const refused = await ACTIONS['actions/download-artifact']?.(at('second')).catch(String);
  expect(refused).toContain('Artifact not found for name: plan');
  await rm(folder, { recursive: true });
});

test('every action has a description of its replacement', () => {
  const used = new Set(all.filter(({ acted }) => acted).map(({ step }) => step.split(': ')[1] ?? ''));
  expect(Object.keys(ACTED).toSorted()).toEqual([...used].toSorted());
  expect(Object.keys(ACTIONS).toSorted()).toEqual([...used].toSorted());
});
