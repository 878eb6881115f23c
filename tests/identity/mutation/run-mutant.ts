import { join } from 'node:path';
import { applyMutant, type Mutant } from './mutants.ts';

export type Verdict = 'killed' | 'survived' | 'not covered';

/** A test that hangs has detected the mutant too. */
const TIMEOUT_MS = 40_000;

/**
 * The tests of each part of identity, those most likely to detect a mutant first. A word is a test of tests/identity, a
 * path is in backend/.
 */
const TESTS: readonly (readonly [part: string, tests: string])[] = [
  ['tokens/key-set', 'identity/tokens tokens'],
  ['tokens/', 'tokens transport'],
  ['read-json-within', 'identity/tokens'],
  ['sign-in/', 'identity/sign-in browsers users sign-in sign-in-pages'],
  ['certificates/', 'mutual-tls'],
  ['limits/', 'identity/limits limits'],
  ['request-target', 'identity/request-target.test.ts users browsers sign-in tokens'],
  ['app-state-access', 'identity/app-state-access.test.ts'],
  ['secrets/', 'identity/secrets rotation'],
  ['aws/', 'identity/aws federation rotation'],
  ['google/', 'federation rotation'],
  ['task-secrets', 'identity/task-secrets.test.ts rotation'],
  ['bind-user', 'identity/bind-user.test.ts users'],
  ['principal', 'identity/principal.test.ts operators'],
  ['machine-roles', 'operators users'],
  [
    '',
    './app.test.ts identity/request-target.test.ts operators tokens users browsers mutual-tls limits sign-in sign-in-pages',
  ],
];
const pathOf = (test: string): string =>
  test.includes('/') ? join('backend', test) : `tests/identity/${test}.test.ts`;

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
  const [, tests] = TESTS.find(([part]) => mutant.file.startsWith(`backend/identity/${part}`)) ?? [];
  if (!tests) return 'not covered';
  const changed = { MUTANT_PATH: mutant.file, MUTANT_SOURCE: applyMutant(source, mutant) };
  for (const path of tests.split(' ').map(pathOf)) {
    const asItIs = baseline.get(path) ?? passes(root, path, {}, signal);
    baseline.set(path, asItIs);
    if (!(await asItIs) && !signal.aborted) throw new Error(`${path} fails with every check in place`);
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
    [
      process.execPath,
      'test',
      '--bail',
      `--timeout=${TIMEOUT_MS}`,
      '--preload',
      join(import.meta.dir, 'preload.ts'),
      `./${path}`,
    ],
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
