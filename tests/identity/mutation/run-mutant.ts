import { join } from 'node:path';
import { applyMutant, type Mutant } from './mutants.ts';

export type Verdict = 'killed' | 'survived' | 'not covered';

/** A test that hangs has detected the mutant too. */
const TIMEOUT_MS = 40_000;

/** The tests of each part of identity, those most likely to detect a mutant first. */
const TESTS: readonly (readonly [part: string, tests: readonly string[]])[] = [
  ['tokens/key-set', ['backend/identity/tokens', 'tests/identity/tokens.test.ts']],
  ['tokens/', ['tests/identity/tokens.test.ts', 'tests/identity/transport.test.ts']],
  ['read-json-within', ['backend/identity/tokens']],
  [
    'sign-in/',
    ['backend/identity/sign-in', 'tests/identity/users.test.ts', 'tests/identity/sign-in.test.ts'],
  ],
  ['certificates/', ['tests/identity/mutual-tls.test.ts']],
  ['limits/', ['backend/identity/limits', 'tests/identity/limits.test.ts']],
  [
    'request-target',
    [
      'backend/identity/request-target.test.ts',
      'tests/identity/users.test.ts',
      'tests/identity/sign-in.test.ts',
      'tests/identity/tokens.test.ts',
    ],
  ],
  ['app-state-access', ['backend/identity/app-state-access.test.ts']],
  ['secrets/', ['backend/identity/secrets', 'tests/identity/rotation.test.ts']],
  ['aws/', ['backend/identity/aws', 'tests/identity/federation.test.ts', 'tests/identity/rotation.test.ts']],
  ['google/', ['tests/identity/federation.test.ts', 'tests/identity/rotation.test.ts']],
  ['task-secrets', ['backend/identity/task-secrets.test.ts', 'tests/identity/rotation.test.ts']],
  ['bind-user', ['backend/identity/bind-user.test.ts', 'tests/identity/users.test.ts']],
  ['principal', ['backend/identity/principal.test.ts', 'tests/identity/operators.test.ts']],
  ['machine-roles', ['tests/identity/operators.test.ts', 'tests/identity/users.test.ts']],
  [
    '',
    [
      'backend/app.test.ts',
      'backend/identity/request-target.test.ts',
      'tests/identity/operators.test.ts',
      'tests/identity/tokens.test.ts',
      'tests/identity/users.test.ts',
      'tests/identity/mutual-tls.test.ts',
      'tests/identity/limits.test.ts',
      'tests/identity/sign-in.test.ts',
    ],
  ],
];

/** Whether a test passes without changes, checked once each: a test that fails anyway detects nothing. */
const baseline = new Map<string, Promise<boolean>>();

/**
 * Runs the tests with the check removed; one test file after the other until one detects it. Undefined if the time ran
 * out first. Throws if a test fails without any change.
 */
export async function runMutant(
  root: string,
  mutant: Mutant,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const source = await Bun.file(join(root, mutant.file)).text();
  const [, tests = []] = TESTS.find(([part]) => mutant.file.startsWith(`backend/identity/${part}`)) ?? [];
  if (tests.length === 0) return 'not covered';
  const changed = { MUTANT_PATH: mutant.file, MUTANT_SOURCE: applyMutant(source, mutant) };
  for (const path of tests) {
    const asItIs = baseline.get(path) ?? passes(root, path, {}, signal);
    baseline.set(path, asItIs);
    // oxlint-disable-next-line no-await-in-loop -- the next tests run only where these noticed nothing
    if (!(await asItIs) && !signal.aborted) throw new Error(`${path} fails with every check in place`);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const isUnnoticed = await passes(root, path, changed, signal);
    if (signal.aborted) return undefined;
    if (!isUnnoticed) return 'killed';
  }
  return 'survived';
}

async function passes(
  root: string,
  path: string,
  environment: Record<string, string>,
  signal: AbortSignal,
): Promise<boolean> {
  // Bun throws when a process is started with an aborted signal.
  if (signal.aborted) return false;
  const child = Bun.spawn(
    [process.execPath, 'test', '--bail', '--preload', join(import.meta.dir, 'preload.ts'), `./${path}`],
    {
      cwd: root,
      env: { ...process.env, ...environment },
      stdout: 'ignore',
      stderr: 'ignore',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      signal,
    },
  );
  return (await child.exited) === 0;
}
