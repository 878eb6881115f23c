import { check, tests, type Suite } from './suite.ts';

/** The suites of `lornu test --all`; each also runs when named. */
export const LONG: readonly Suite[] = [
  check(
    'identity-all-mutants',
    'for each removed check of identity a test fails',
    'bun tests/identity/mutation/main.ts --all',
    { minutes: 30 },
  ),
  tests(
    'long-evaluation',
    'a hundred harmless changes of an agent raise no alarm, a thousand conversations are replayed, a shadow candidate slows nobody down',
    './tests/long-evaluation',
    { minutes: 15 },
  ),
  tests(
    'long-firestore',
    'turns survive 30 s without Firestore, 5 s of latency, and a minute of kills in both clouds',
    './tests/long-firestore',
    { minutes: 12, needs: 'python uv' },
  ),
  tests(
    'firestore-google',
    "the suite firestore passes on Google's own emulator, behind the stand-in's faults and counts",
    './tests/firestore',
    { minutes: 15, needs: 'python uv', env: { LORNU_FIRESTORE_EMULATOR: 'google' } },
  ),
  tests(
    'long-attacks',
    'every known attack fails, within the memory of the task',
    './tests/attacks/full-disk.test.ts ./tests/attacks/memory.test.ts',
    { minutes: 6, env: { LORNU_EVERY_ATTACK: '1' } },
  ),
  tests(
    'long-fuzz',
    'no request, however unusual, and no session of another writer causes a server error',
    './tests/fuzz',
    {
      minutes: 12,
      needs: 'python uv',
      env: { FUZZ_PHASES: 'coverage,fuzzing,stateful', FUZZ_SECONDS: '240', FUZZ_SESSIONS: '1500' },
    },
  ),
  tests(
    'long-conformance',
    'the checks of lornu conformance detect wrong load balancers and a wrong ECS, and leave nothing in an account',
    './tests/rehearsal/conformance ./tests/rehearsal/wrong-stand-ins',
    { minutes: 60, needs: 'haproxy uv' },
  ),
  tests(
    'long-histories',
    'after each of 10,000 histories, however damaged, the model accepts the next turn',
    './tests/histories',
    { minutes: 15, env: { LORNU_HISTORIES: '10000' } },
  ),
  tests(
    'long-simulation',
    'ten minutes of scenarios in virtual time keep every promise, and every planted bug is found',
    './tests/long-simulation',
    { minutes: 45 },
  ),
  tests(
    'long-runs',
    'with a kill each second for a minute, and with two alternating versions, every turn ends once and nothing is lost; 10,000 turns leave nothing behind',
    './tests/long-runs',
    { minutes: 60 },
  ),
  tests(
    'long-browser',
    'the page survives a minute without network and 500 scripts of disturbances; every scene is accessible in every theme and width',
    './tests/long-browser',
    { minutes: 60, needs: 'chromium' },
  ),
  tests(
    'both-agents',
    'both agents run in the applied environment, and one calls the other across the clouds',
    './tests/rehearsal/both-agents',
    { minutes: 10, needs: 'haproxy python uv fake-gcs-server', rehearses: true, page: true, onlyOn: 'linux' },
  ),
  tests(
    'breaks',
    'the environment recovers from each break of lornu rehearse break, once during a deployment; the drill passes',
    './tests/rehearsal/breaks',
    {
      minutes: 30,
      needs: 'haproxy python uv fake-gcs-server',
      rehearses: true,
      page: true,
      onlyOn: 'linux',
    },
  ),
  tests(
    'take-back-all',
    'without the correction of each fault of the first apply, the rehearsal finds that fault again',
    './tests/rehearsal/take-back',
    { minutes: 40, needs: 'uv', rehearses: true, env: { LORNU_EVERY_FAULT: '1' } },
  ),
  tests('all-networks', 'packets and computation agree in each broken network', './tests/rehearsal/network', {
    minutes: 8,
    env: { LORNU_EVERY_NETWORK: '1' },
    onlyOn: 'linux',
  }),
  tests(
    'pipeline-all',
    'the workflow handles the life of an environment: review, deploy, drift, failure, rollback',
    './tests/pipeline/all',
    { minutes: 40, needs: 'python uv tfsec trivy haproxy fake-gcs-server podman runc', rehearses: true },
  ),
  tests(
    'second-reader',
    'act starts the same jobs for each event as our parser of the workflow',
    './tests/pipeline/second-reader',
    { minutes: 5, needs: 'act' },
  ),
  tests(
    'signatures',
    "cosign signs and verifies with Sigstore's own authority and logs on this machine, and refuses all other signatures than the workflow's",
    './tests/pipeline/signatures',
    { minutes: 15, needs: 'cosign fulcio rekor-server timestamp-server tesseract' },
  ),
  tests(
    'rehearse',
    'lornu rehearse runs every part, and leaves nothing behind wherever it is interrupted',
    './tests/rehearsal/command',
    { minutes: 60, needs: 'haproxy python uv fake-gcs-server', rehearses: true, page: true, onlyOn: 'linux' },
  ),
  tests(
    'rehearse-image',
    'lornu rehearse runs every part with tasks in containers of the image, and leaves none behind',
    './tests/rehearsal/image',
    {
      minutes: 25,
      needs: 'podman runc catatonit haproxy python uv fake-gcs-server',
      rehearses: true,
      onlyOn: 'linux',
    },
  ),
  tests(
    'infrastructure-whole',
    "mutants of the planned data equal Terraform's plans of changed files; every wrong workflow is detected",
    './tests/infrastructure-whole',
    { minutes: 15, needs: 'uv', rehearses: true },
  ),
];
