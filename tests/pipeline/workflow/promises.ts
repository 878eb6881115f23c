import type { EventName } from './events.ts';

/** The promises about .github/workflows/terraform-aws.yml; examine-workflow.ts compares the file with them. */

/** The jobs that may run, by event. The last job of a deploy needs the approval. */
export const RUNNING_JOBS: Readonly<Record<EventName, readonly string[]>> = {
  'a pull request of a branch': ['review'],
  'a pull request of a fork': ['no-credentials'],
  'a pull request of Dependabot': ['no-credentials'],
  'deploy started on main': ['publish', 'plan', 'apply'],
  'rollback started on main': ['plan', 'apply'],
  'drift started on main': ['drift'],
  'deploy started on another branch': ['not-main'],
  'rollback started on another branch': ['not-main'],
  'drift started on another branch': ['not-main'],
  'the schedule': ['drift'],
  'the schedule before the repository is set up': [],
};

export interface JobPromise {
  /** Exactly these permissions of GitHub's token. */
  permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** The only AWS role that it may assume; none if left out. */
  role?: string;
  /** The environment whose reviewers must approve it. */
  environment?: string;
  /** Its commands and actions in this order; no others may be among them. */
  order: readonly string[];
}

const CHECKOUT = 'actions/checkout';
const TERRAFORM = 'hashicorp/setup-terraform';
const TRIVY = 'aquasecurity/setup-trivy';
const COSIGN = 'sigstore/cosign-installer';
const AWS = 'aws-actions/configure-aws-credentials';

export const JOBS: Readonly<Record<string, JobPromise>> = {
  'no-credentials': { permissions: {}, order: ['echo'] },
  'not-main': { permissions: {}, order: ['echo'] },
  review: {
    permissions: { contents: 'read', 'id-token': 'write', 'pull-requests': 'write' },
    role: 'LornuGithubPlanRole',
    order: [CHECKOUT, TERRAFORM, TRIVY, AWS, 'plan', 'plan scan', 'plan summary', 'plan comment', 'replay'],
  },
  publish: {
    permissions: { contents: 'read', 'id-token': 'write', attestations: 'write', checks: 'read' },
    role: 'LornuGithubPublishRole',
    order: [CHECKOUT, COSIGN, AWS, 'image publish', 'actions/attest-build-provenance'],
  },
  plan: {
    permissions: { contents: 'read', 'id-token': 'write' },
    role: 'LornuGithubPlanRole',
    order: [CHECKOUT, TERRAFORM, TRIVY, AWS, 'plan', 'plan scan', 'plan summary', 'actions/upload-artifact'],
  },
  apply: {
    permissions: { actions: 'read', contents: 'read', 'id-token': 'write' },
    role: 'LornuGithubApplyRole',
    environment: 'staging',
    // The apply needs cosign: it verifies the image's signature before anything changes.
    order: [
      CHECKOUT,
      TERRAFORM,
      COSIGN,
      'actions/download-artifact',
      AWS,
      'apply',
      'deploy',
      'verify',
      'rollback',
    ],
  },
  drift: {
    permissions: { contents: 'read', 'id-token': 'write', issues: 'write' },
    role: 'LornuGithubPlanRole',
    order: [CHECKOUT, TERRAFORM, AWS, 'drift'],
  },
};

/**
 * Values that a step must have: without them a step does something else than its name says. Values that come from other
 * steps or jobs are checked in tests/infrastructure/workflow/checks.
 */
export const STEP_VALUES: readonly {
  job: string;
  step: string;
  key: 'run' | 'env' | 'with';
  text: string;
}[] = [
  { job: 'review', step: 'plan', key: 'run', text: '--for review' },
  { job: 'plan', step: 'plan', key: 'run', text: '--for deploy' },
  { job: 'plan', step: 'plan', key: 'run', text: '--image-digest "$DIGEST"' },
  { job: 'plan', step: 'plan', key: 'env', text: '${{ needs.publish.outputs.digest }}' },
  { job: 'publish', step: 'image publish', key: 'run', text: '--sign' },
  {
    job: 'publish',
    step: 'actions/attest-build-provenance',
    key: 'with',
    text: '${{ steps.publish.outputs.digest }}',
  },
  { job: 'apply', step: 'apply', key: 'run', text: '--approved "$APPROVED"' },
  { job: 'apply', step: 'apply', key: 'env', text: '${{ needs.plan.outputs.approval }}' },
  { job: 'apply', step: 'rollback', key: 'run', text: '--automatic' },
];

/** Conditions of steps; all other steps have none. */
export const STEP_CONDITIONS: Readonly<Record<string, string>> = {
  'review: plan summary': "${{ !cancelled() && steps.plan.outcome == 'success' }}",
  'review: plan comment': "${{ !cancelled() && steps.plan.outcome == 'success' }}",
  'review: replay': '${{ !cancelled() }}',
  'publish: actions/attest-build-provenance': '${{ !github.event.repository.private }}',
  'apply: rollback': "${{ failure() && steps.apply.outcome == 'success' }}",
};

/**
 * The stored secrets are two tokens of Terraform Cloud. The one that may write the state is a secret of the
 * environment, so only an approved job gets it; jobs before the approval read with the other one.
 */
export const WRITE_SECRET = 'secrets.TF_API_TOKEN';
export const READ_SECRET = 'secrets.TF_API_TOKEN_READ';

/** The commands that read or write Terraform's state; no other step gets a token for it. */
export const STATE_STEPS: readonly string[] = ['plan', 'apply', 'deploy', 'rollback', 'drift'];

/** The token for the steps of a job. */
export function stateSecretOf(job: string): string {
  return JOBS[job]?.environment ? WRITE_SECRET : READ_SECRET;
}
