import { check, tests, type Suite } from './suite.ts';

/** The suites of `lornu test --all`; each also runs when named. */
export const LONG: readonly Suite[] = [
  check(
    'identity-all-mutants',
    'every check of identity that is taken out is missed by a test',
    'bun tests/identity/mutation/main.ts --all',
    { minutes: 30 },
  ),
  tests(
    'long-evaluation',
    'a hundred harmless changes of an agent raise no alarm, a thousand conversations are replayed, a shadow candidate costs people nothing',
    './tests/long-evaluation',
    { minutes: 15 },
  ),
  tests(
    'long-firestore',
    'Firestore away for 30 s, slow by 5 s, and a minute of killing on it in both clouds',
    './tests/long-firestore',
    { minutes: 12, needs: 'python uv' },
  ),
  tests(
    'firestore-google',
    "the suite firestore on Google's own emulator, behind the stand-in's faults and counts",
    './tests/firestore --timeout 60000',
    { minutes: 15, needs: 'python uv', env: { LORNU_FIRESTORE_EMULATOR: 'google' } },
  ),
  tests(
    'long-attacks',
    'every attack that is known is held off, within the memory of the task',
    './tests/long-attacks',
    { minutes: 6 },
  ),
  tests(
    'long-fuzz',
    'no request, however odd, is answered with a server error, nor any session that another writer left',
    './tests/fuzz',
    {
      minutes: 12,
      needs: 'python uv',
      env: { FUZZ_PHASES: 'coverage,fuzzing,stateful', FUZZ_SECONDS: '240', FUZZ_SESSIONS: '1500' },
    },
  ),
  tests(
    'long-conformance',
    'the load balancer and ECS of the rehearsal do what AWS documents, check by check, and wrong ones are told',
    './tests/rehearsal/conformance ./tests/rehearsal/wrong-stand-ins',
    { minutes: 60, needs: 'haproxy uv' },
  ),
  tests(
    'long-histories',
    'after each of 10,000 histories, however broken, the next turn is accepted',
    './tests/long-histories',
    { minutes: 15 },
  ),
  tests(
    'long-simulation',
    'ten minutes of scenarios in virtual time break no promise, and every planted bug is found',
    './tests/long-simulation',
    { minutes: 45 },
  ),
  tests(
    'long-runs',
    'killed each second for a minute, and two versions in turns: every turn ends once, nothing is lost; memory is given back',
    './tests/long-runs',
    { minutes: 6 },
  ),
  tests(
    'long-browser',
    'the page after a minute without network, in 500 scripts of disturbances, and every scene in every theme and width',
    './tests/long-browser',
    { minutes: 60, needs: 'chromium' },
  ),
  tests(
    'both-agents',
    'both agents serve what was applied, and the one asks the other across the clouds',
    './tests/rehearsal/both-agents',
    { minutes: 10, needs: 'haproxy python uv fake-gcs-server', rehearses: true, page: true, onlyOn: 'linux' },
  ),
  tests(
    'breaks',
    'every break of lornu rehearse break recovers, one of them in the middle of a deployment, and the drill holds',
    './tests/rehearsal/breaks',
    { minutes: 30, needs: 'haproxy python uv fake-gcs-server', rehearses: true, page: true, onlyOn: 'linux' },
  ),
  tests(
    'take-back-all',
    'each correction of what a first apply would have met is undone, and the rehearsal finds the fault again',
    './tests/rehearsal/take-back',
    { minutes: 40, needs: 'uv', rehearses: true, env: { LORNU_EVERY_FAULT: '1' } },
  ),
  tests(
    'all-networks',
    'packets and computation agree in each of the broken networks',
    './tests/rehearsal/network',
    { minutes: 8, env: { LORNU_EVERY_NETWORK: '1' }, onlyOn: 'linux' },
  ),
  tests(
    'pipeline-all',
    'the workflow through the life of an environment: review, deploy, drift, failure, rollback',
    './tests/pipeline/all',
    { minutes: 40, needs: 'python uv tfsec trivy haproxy fake-gcs-server podman runc', rehearses: true },
  ),
  tests(
    'second-reader',
    'act starts the same jobs for each event as our own reading of the workflow',
    './tests/pipeline/second-reader',
    { minutes: 5, needs: 'act' },
  ),
  tests(
    'signatures',
    "cosign signs and verifies with Sigstore's own authority and logs on this machine, and refuses what is not the workflow's",
    './tests/pipeline/signatures',
    { minutes: 15, needs: 'cosign fulcio rekor-server timestamp-server tesseract' },
  ),
  tests(
    'rehearse',
    'lornu rehearse plays every part, and leaves nothing behind wherever it is broken off',
    './tests/rehearsal/command',
    { minutes: 60, needs: 'haproxy python uv fake-gcs-server', rehearses: true, page: true, onlyOn: 'linux' },
  ),
  tests(
    'rehearse-image',
    'lornu rehearse plays every part with tasks in containers of the image, and leaves none behind',
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
    'mutants of the planned data are what Terraform plans of changed files; every wrong workflow',
    './tests/infrastructure-whole',
    { minutes: 15, needs: 'uv', rehearses: true },
  ),
];
