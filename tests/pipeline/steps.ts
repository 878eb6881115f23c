import { stepKey } from './workflow/examine-workflow.ts';
import type { Workflow } from './workflow/workflow.ts';

/** Steps as "job: step". */
export type Steps = readonly string[];

const steps = (job: string, ...names: string[]): string[] => names.map((name) => `${job}: ${name}`);
const CHECKOUT = 'actions/checkout';
const TERRAFORM = 'hashicorp/setup-terraform';
const TRIVY = 'aquasecurity/setup-trivy';
const COSIGN = 'sigstore/cosign-installer';
const AWS = 'aws-actions/configure-aws-credentials';

const PLAN = steps(
  'plan',
  CHECKOUT,
  TERRAFORM,
  TRIVY,
  AWS,
  'plan',
  'plan scan',
  'plan summary',
  'actions/upload-artifact',
);
const APPLY = steps(
  'apply',
  CHECKOUT,
  TERRAFORM,
  COSIGN,
  'actions/download-artifact',
  AWS,
  'apply',
  'deploy',
);
const DRIFT = steps('drift', CHECKOUT, TERRAFORM, AWS, 'drift');
const NOTES = ['no-credentials: echo', 'not-main: echo'];

/** The steps of the workflow that each test file claims to run; the file compares it with what it really ran. */
export const RUN_BY = {
  'sample/approved': [...NOTES, ...PLAN, ...APPLY, ...DRIFT],
  'all/lifecycle': [
    ...steps('review', CHECKOUT, TERRAFORM, TRIVY, AWS),
    ...steps('review', 'plan', 'plan scan', 'plan summary', 'plan comment'),
    ...PLAN,
    ...APPLY,
    'apply: rollback',
    ...DRIFT,
  ],
  'all/publish': [
    ...steps('publish', CHECKOUT, COSIGN, AWS, 'image publish', 'actions/attest-build-provenance'),
    ...PLAN,
    ...APPLY,
  ],
  'all/staging': [...PLAN, ...APPLY, 'apply: verify', 'apply: rollback'],
  'all/fastapi': [...PLAN, ...APPLY, 'apply: verify', 'apply: rollback'],
} satisfies Record<string, Steps>;

/** Commands that no test runs, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'review: replay':
    'it touches no environment; tests/evaluation runs the same command against a stand-in of GitHub',
};

/**
 * Actions are programs of GitHub's runner: their effects for later steps are reproduced as described, other effects are
 * not.
 */
export const ACTED: Readonly<Record<string, string>> = {
  [CHECKOUT]: 'a clone of a repository of its own; nothing is fetched from GitHub',
  [TERRAFORM]: "this machine's Terraform; no version is fetched",
  [TRIVY]:
    'trivy itself where it was built (--all builds it), else a program that knows the two rules a plan of staging meets',
  [COSIGN]:
    'cosign itself with a Sigstore on this machine for the published image where it was built (--all builds it), else a program that signs into a file and verifies from it',
  [AWS]: "the role's own trust policy, then the emulator's STS",
  'actions/upload-artifact': 'a copy within the folder of the run',
  'actions/download-artifact': 'that copy',
  'actions/attest-build-provenance': 'rights and digest are looked at; nothing is attested',
};

/** Every step of the workflow, in order; `acted` marks actions. */
export function stepsOf(workflow: Workflow): { step: string; acted: boolean }[] {
  return Object.entries(workflow.jobs).flatMap(([job, { steps: inJob }]) =>
    inJob.map((step) => ({ step: `${job}: ${stepKey(step)}`, acted: step.uses !== undefined })),
  );
}

/** How many steps of the workflow run in every test run and in the long one, and which do not. */
export function describeSteps(workflow: Workflow): string[] {
  const all = stepsOf(workflow);
  const [every, with_] = [RUN_BY['sample/approved'], Object.values(RUN_BY).flat()].map((ran) => {
    const known = all.filter(({ step }) => ran.includes(step));
    const acted = known.filter((step) => step.acted).length;
    return `${known.length} of ${all.length} (${known.length - acted} commands, ${acted} actions)`;
  });
  const never = all.filter(({ step }) => !Object.values(RUN_BY).flat().includes(step));
  return [
    `figure: steps of the workflow that the rehearsal runs: ${every} in every run, ${with_} with pipeline-all; ` +
      `not run: ${never.map(({ step }) => `${step} (${NOT_RUN[step] ?? 'no reason'})`).join(', ') || 'none'}; ` +
      'an action is done by what it leaves, not run',
    ...Object.entries(ACTED).map(([action, how]) => `done in its place: ${action}: ${how}`),
  ];
}
