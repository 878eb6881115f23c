import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examineWorkflow } from './examine-workflow.ts';
import { RUNNING_JOBS } from './promises.ts';

const text = readFileSync(join(import.meta.dir, '../../../.github/workflows/terraform-aws.yml'), 'utf8');

test('the workflow keeps what is promised of it', () => {
  expect(examineWorkflow(text)).toEqual([]);
});

/** A change that somebody could make, and the sentence that must name it. */
const CHANGES: readonly [name: string, from: string | RegExp, to: string, sentence: string][] = [
  [
    'the gate is taken away',
    '    environment: staging\n',
    '',
    'The job apply has the environment none instead of staging',
  ],
  [
    'the gate stands before another job',
    '    name: Plan with',
    '    environment: staging\n    name: Plan with',
    'The job plan has the environment staging instead of none',
  ],
  [
    'a right is dropped',
    '      actions: read # who approved this run\n',
    '',
    'The job apply has actions: none instead of read.',
  ],
  [
    'a right is added',
    'pull-requests: write # the one comment',
    'pull-requests: write\n      issues: write',
    'The job review has issues: write instead of none.',
  ],
  [
    'a right is widened',
    "contents: read\n      id-token: write # AWS, by GitHub's own token\n      pull",
    'contents: write\n      id-token: write\n      pull',
    'The job review has contents: write instead of read.',
  ],
  ['rights are left to the default', 'permissions: {}\n\n# One', '# One', 'Jobs have rights by default'],
  [
    'every right is given',
    'permissions: {}\n\n# One',
    'permissions: write-all\n\n# One',
    'Jobs have rights by default',
  ],
  [
    'an action is pinned by tag',
    /configure-aws-credentials@[0-9a-f]{40} # v6\.0\.0/,
    'configure-aws-credentials@v6',
    'is not pinned by a commit',
  ],
  [
    'an action is pinned by a short commit',
    'checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd',
    'checkout@de0fac2',
    'is not pinned by a commit',
  ],
  [
    'the scan is left out',
    /      - name: Scan\n        run: .\/lornu plan scan\n      - name: Summary\n        id/,
    '      - name: Summary\n        id',
    'The job plan does actions/checkout',
  ],
  [
    'the scan comes after the summary',
    /(      - name: Scan\n        run: .\/lornu plan scan\n)(      - name: Summary\n        id: summary\n        run: .\/lornu plan summary\n)/,
    '$2$1',
    'The job plan does actions/checkout',
  ],
  [
    'the plan is applied in the plan job',
    '      - name: Summary\n        id: summary',
    '      - run: ./lornu apply\n      - name: Summary\n        id: summary',
    '> plan > plan scan > apply > plan summary',
  ],
  [
    'the apply runs without its plan',
    "needs: [plan]\n    if: ${{ !cancelled() && needs.plan.result == 'success' }}",
    'needs: [plan]\n    if: ${{ !cancelled() }}',
    'After a failed plan the job apply still runs.',
  ],
  [
    'the apply runs on everything',
    "needs: [plan]\n    if: ${{ !cancelled() && needs.plan.result == 'success' }}",
    'if: ${{ always() }}',
    'On a pull request of a fork the jobs no-credentials, apply run',
  ],
  [
    'the plan runs on other branches',
    "github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/main' &&\n      (inputs",
    "github.event_name == 'workflow_dispatch' &&\n      (inputs",
    'On rollback started on another branch the jobs not-main, plan, apply run',
  ],
  [
    'pushes deploy',
    '  workflow_dispatch:\n',
    '  push:\n  workflow_dispatch:\n',
    'It starts on pull_request, push, schedule, workflow_dispatch',
  ],
  [
    'forks get credentials',
    '  pull_request:\n',
    '  pull_request_target:\n',
    'It starts on pull_request_target',
  ],
  [
    'forks are planned',
    "    if: >-\n      github.event_name == 'pull_request' &&\n      github.event.pull_request.head.repo.full_name == github.repository && github",
    "    if: >-\n      github.event_name == 'pull_request' && github",
    'On a pull request of a fork the jobs no-credentials, review run',
  ],
  [
    'pull requests to any branch',
    '    branches: [main]\n',
    '    types: [opened]\n',
    'Pull requests other than those to main',
  ],
  [
    'static keys',
    'role-to-assume: arn:aws:iam::${{ vars.AWS_ACCOUNT_ID }}:role/LornuGithubApplyRole',
    'aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}',
    'secrets.AWS_ACCESS_KEY_ID is used',
  ],
  [
    'the plan takes the apply role',
    'role/LornuGithubPlanRole',
    'role/LornuGithubApplyRole',
    'LornuGithubApplyRole instead of LornuGithubPlanRole',
  ],
  [
    'a deploy can be cancelled half-way',
    "cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
    'cancel-in-progress: true',
    'A run that applies can be cancelled',
  ],
  [
    'two deploys at once',
    "&& github.ref || 'staging'",
    '&& github.ref || github.run_id',
    'Two runs can change staging',
  ],
  ['no time limit', /    timeout-minutes: 120 #.*\n/, '', 'The job apply has no time limit'],
  [
    'the AWS session ends before the rollback',
    /          role-duration-seconds: 7200 .*\n/,
    '',
    'The job apply may take 120 minutes, and its AWS session ends after 60.',
  ],
  [
    'the steps do not fit into the job',
    '        timeout-minutes: 8\n',
    '        timeout-minutes: 20\n',
    'The steps of apply may take 130 minutes, and the job ends after 120.',
  ],
  [
    'the rollback has no limit',
    "outcome == 'success' }}\n        timeout-minutes: 40\n        run: ./lornu rollback",
    "outcome == 'success' }}\n        run: ./lornu rollback",
    'Steps of apply have no time limit: rollback.',
  ],
  [
    'provenance is pushed to a registry that nobody is signed in to',
    'push-to-registry: false',
    'push-to-registry: true',
    'The step actions/attest-build-provenance of publish lacks false in its with.',
  ],
  [
    'a private repository is attested, which its plan may not allow',
    '        if: ${{ !github.event.repository.private }}\n',
    '',
    'The step actions/attest-build-provenance of publish runs if all before it went well',
  ],
  [
    'the plan may write the state before anybody approved',
    'secrets.TF_API_TOKEN_READ',
    'secrets.TF_API_TOKEN',
    'The step plan of review gets secrets.TF_API_TOKEN instead of secrets.TF_API_TOKEN_READ.',
  ],
  [
    'the approved digest is not given',
    ' --approved "$APPROVED"',
    '',
    'lacks --approved "$APPROVED" in its run',
  ],
  [
    'another digest is given',
    '${{ needs.plan.outputs.approval }}',
    '${{ inputs.revision }}',
    'lacks ${{ needs.plan.outputs.approval }}',
  ],
  ['a tag instead of the digest', ' --image-digest "$DIGEST"', '', 'lacks --image-digest "$DIGEST"'],
  ['the image is not signed', 'image publish --sign', 'image publish', 'lacks --sign'],
  [
    'no provenance',
    /      - uses: actions\/attest-build[\s\S]*?push-to-registry: false.*\n/,
    '',
    'The job publish does',
  ],
  [
    'nobody waits until it is served',
    /      - name: Wait until[\s\S]*?(?=      - name: Verify)/,
    '',
    'The job apply does',
  ],
  ['a failed deploy stays', /      # Back to what ran[\s\S]*?(?=\n  drift:)/, '', 'The job apply does'],
  [
    'a rollback after a refused apply',
    "${{ failure() && steps.apply.outcome == 'success' }}",
    '${{ failure() }}',
    'The step rollback of apply runs if ${{ failure() }}',
  ],
  [
    'a failing scan is let through',
    '        run: ./lornu plan scan\n',
    '        run: ./lornu plan scan\n        continue-on-error: true\n',
    'continue-on-error',
  ],
  [
    'a failing command is let through',
    'run: ./lornu plan scan\n',
    'run: ./lornu plan scan || true\n',
    'unknown (./lornu plan scan || true)',
  ],
  [
    'a scan that is told to be content',
    'run: ./lornu plan scan\n',
    'run: ./lornu plan scan\n        if: ${{ false }}\n',
    'The step plan scan of review runs if',
  ],
  [
    'a token in the checkout',
    'persist-credentials: false',
    'persist-credentials: true',
    "leaves GitHub's token",
  ],
  ['an expression in a script', '"$REVISION"', '${{ inputs.revision }}', 'puts an expression into a script'],
  [
    'the secret for every step',
    '    outputs:\n      approval',
    '    env:\n      TOKEN: ${{ secrets.TF_API_TOKEN }}\n    outputs:\n      approval',
    'Every step of plan sees the secret',
  ],
  [
    'a job that nobody promised',
    '  drift:\n    name',
    '  shell:\n    name: x\n    runs-on: ubuntu-24.04\n    steps:\n      - run: id\n\n  drift:\n    name',
    'Nothing is promised of the job shell.',
  ],
  [
    'drift is looked for before there is an account',
    "github.event_name == 'schedule' && vars.AWS_ACCOUNT_ID != ''",
    "github.event_name == 'schedule'",
    'On the schedule before the repository is set up the jobs drift run instead of .',
  ],
  ['a job goes', /  drift:\n[\s\S]*$/, '', 'The job drift is gone.'],
  ['no YAML', 'jobs:\n', 'jobs: [\n', 'The file is no workflow'],
];

for (const [name, from, to, sentence] of CHANGES) {
  test(`is not content when ${name}`, () => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    expect(examineWorkflow(changed).join('\n')).toContain(sentence);
  });
}

test('an image is published on main alone, as the signature that is verified says', () => {
  const publishing = Object.entries(RUNNING_JOBS).filter(([, jobs]) => jobs.includes('publish'));
  expect(publishing.map(([event]) => event)).toEqual(['deploy started on main']);
});
