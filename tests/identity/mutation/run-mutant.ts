import { join } from 'node:path';
import { applyMutant, type Mutant } from './mutants.ts';

export type Verdict = 'killed' | 'survived' | 'not covered';

/** A test that hangs has noticed something too. */
const TIMEOUT_MS = 40_000;

/** The tests that look at a part of identity, the likeliest to notice first. */
const TESTS: readonly (readonly [part: string, tests: readonly string[]])[] = [
  ['tokens/key-set', ['backend/identity/tokens', 'tests/identity/tokens.test.ts']],
  ['tokens/', ['tests/identity/tokens.test.ts', 'tests/identity/transport.test.ts']],
  ['read-json-within', ['backend/identity/tokens']],
  [
    'sign-in/',
    ['backend/identity/sign-in', 'tests/identity/users.test.ts', 'tests/identity/sign-in.test.ts'],
  ],
  ['certificates/', ['tests/identity/mutual-tls.test.ts']],
  ['limits/', ['tests/identity/limits.test.ts']],
  ['secrets/', ['backend/identity/secrets', 'tests/identity/rotation.test.ts']],
  ['aws/', ['tests/identity/federation.test.ts', 'tests/identity/rotation.test.ts']],
  ['google/', ['tests/identity/federation.test.ts', 'tests/identity/rotation.test.ts']],
  ['task-secrets', ['tests/identity/rotation.test.ts']],
  ['bind-user', ['backend/identity/bind-user.test.ts', 'tests/identity/users.test.ts']],
  ['principal', ['backend/identity/principal.test.ts']],
  [
    '',
    [
      'backend/app.test.ts',
      'tests/identity/tokens.test.ts',
      'tests/identity/users.test.ts',
      'tests/identity/mutual-tls.test.ts',
      'tests/identity/limits.test.ts',
      'tests/identity/sign-in.test.ts',
    ],
  ],
];

/** Runs the tests with the check taken out; each test file in turn until one notices. */
export async function runMutant(root: string, mutant: Mutant): Promise<Verdict> {
  const source = await Bun.file(join(root, mutant.file)).text();
  const [, tests = []] = TESTS.find(([part]) => mutant.file.startsWith(`backend/identity/${part}`)) ?? [];
  if (tests.length === 0) return 'not covered';
  for (const path of tests) {
    // oxlint-disable-next-line no-await-in-loop -- the next tests run only where these noticed nothing
    if (await fails(root, path, mutant.file, applyMutant(source, mutant))) return 'killed';
  }
  return 'survived';
}

async function fails(root: string, path: string, file: string, source: string): Promise<boolean> {
  const child = Bun.spawn(
    [process.execPath, 'test', '--bail', '--preload', join(import.meta.dir, 'preload.ts'), `./${path}`],
    {
      cwd: root,
      env: { ...process.env, MUTANT_PATH: file, MUTANT_SOURCE: source },
      stdout: 'ignore',
      stderr: 'ignore',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  );
  return (await child.exited) !== 0;
}
