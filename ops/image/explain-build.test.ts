import { expect, test } from 'bun:test';
import type { CommandResult } from '../process/run-command.ts';
import { explainBuild } from './explain-build.ts';

const failed = (...tail: string[]): CommandResult => ({
  exitCode: 125,
  signal: undefined,
  timedOut: false,
  stdout: '',
  tail,
  elapsedMs: 1,
  cpuMs: 1,
});

// The lines are from podman 4.3 and buildah 1.28, bun 1.4.5 and uv 0.13.9.
const cases: [string, string, string, number][] = [
  [
    'a lock file that does not match',
    'error: lockfile had changes, but lockfile is frozen',
    'A lock file does not match',
    3,
  ],
  [
    'a full disk',
    'Error: committing container: write /var/lib/x: no space left on device',
    'The disk is full.',
    3,
  ],
  ['a foreign processor', 'exec container process `/bin/sh`: Exec format error', 'for another processor', 3],
  [
    'no network',
    'error: failed to download hono@4.13.19: DNSResolveFailed',
    'A registry cannot be reached',
    3,
  ],
  [
    'no network for uv',
    '  Caused by: dns error: failed to lookup address information',
    'A registry cannot be reached',
    3,
  ],
  [
    'a mistake in a source',
    'error: Could not resolve: "./nothing.ts"',
    'The builder ended with exit code 125.',
    1,
  ],
];

for (const [what, line, why, exitCode] of cases) {
  test(`a build that failed because of ${what} says so`, () => {
    const error = explainBuild('agent', failed('STEP 7/7: RUN something', line), '/checkout');
    expect(error.parts.why).toContain(why);
    expect(error.parts.output).toContain(line);
    expect(error.exitCode).toBe(exitCode as 1 | 3);
  });
}
