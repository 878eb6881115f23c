import { probeCommand } from '@lornu/ops/verify/checks/inside-probe.ts';
import type { Target } from '@lornu/ops/verify/target.ts';
import { verify, type CheckResult, type Verification } from '@lornu/ops/verify/verify.ts';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningBalancer } from '../rehearsal/load-balancer/kit.ts';
import { runCli } from '../rehearsal/whole/kit.ts';
import { balance, https, REVISION, startEnvironment, targetBehind } from './environment.ts';

// The real checks against the real service behind the real HAProxy; then one thing is broken at a time.
setDefaultTimeout(120_000);

const environment = await startEnvironment();
const token = await environment.token();
afterAll(() => environment.stop());

async function verifyBehind(
  change?: Parameters<typeof balance>[1],
  adjust: (target: Target) => Target = (target) => target,
  waitS = 2,
): Promise<Verification> {
  const running = await balance(environment, change);
  try {
    const target = adjust(await targetBehind(running, token));
    return await verify({ target, revision: REVISION, waitS }, () => {});
  } finally {
    await running.end();
  }
}

const idsWith = ({ checks }: Verification, outcome: CheckResult['outcome']): string[] =>
  checks.filter((check) => check.outcome === outcome).map(({ id }) => id);

describe('a healthy environment', () => {
  let seen: Verification;
  beforeAll(async () => {
    seen = await verifyBehind(undefined, undefined, 12);
  });

  test('passes every check that is possible from outside', () => {
    expect(seen.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    // 'inside' needs the account; the timeout of 120 s, which this load balancer does not have, is not waited for.
    expect(idsWith(seen, 'absent')).toEqual(['inside', 'idle-timeout']);
    // This service has no peer.
    expect(idsWith(seen, 'not offered')).toEqual(['peer']);
    expect(seen.holds).toBe(true);
  });

  test('is distinguished from one in which Gemini answers', () => {
    expect(seen.served).toMatchObject({ modelIsStandIn: true, revision: REVISION });
    expect(seen.checks.find(({ id }) => id === 'turn')?.seen).toContain('not Gemini itself');
  });

  test('outlives an idle timeout that is shorter than the observation', () => {
    // HAProxy cuts after 10 s without a byte; the pings came sooner.
    expect(seen.checks.find(({ id }) => id === 'silent-stream')?.seen).toContain('open after 12 s');
  });
});

/** What is broken, and the only checks that must fail then. */
const BROKEN: Record<string, [change: NonNullable<Parameters<typeof balance>[1]>, ids: string[]]> = {
  'a redirect that is not for ever': [
    ({ listeners }) => {
      const action = listeners[0]?.rules[0]?.actions[0];
      if (action?.type === 'redirect') action.status = 302;
    },
    ['redirect'],
  ],
  'no rule against forged certificates': [(balancer) => void https(balancer).rules.splice(0, 2), ['forged']],
  'health behind the sign-in': [
    (balancer) => {
      const health = https(balancer).rules.find(({ priority }) => priority === 10);
      if (health)
        health.actions = [{ type: 'fixed-response', status: 401, contentType: 'text/plain', body: 'no' }];
    },
    // The certificate header checks use the same path, and still get 400.
    ['health'],
  ],
  'an idle timeout below the pings': [
    (balancer) => {
      // Long enough for any other response of a busy machine.
      balancer.idleTimeoutS = 3;
    },
    ['silent-stream', 'idle-timeout'],
  ],
  'people who are let in nowhere': [(balancer) => void https(balancer).rules.splice(-2, 1), ['sign-in']],
};

describe('an environment in which one thing is broken', () => {
  // One after the other: all at once they would make a busy machine so slow that other checks fail too.
  for (const [name, [change, ids]] of Object.entries(BROKEN)) {
    test(`${name}: ${ids.join(', ')} fails, and nothing else does`, async () => {
      const seen = await verifyBehind(change, undefined, ids.includes('idle-timeout') ? 5 : 2);
      const failed = seen.checks.filter(({ outcome }) => outcome === 'failed');
      const told = failed.map((check) => `${check.id}: ${check.seen}`).join('\n');
      expect(
        failed.map(({ id }) => id),
        told,
      ).toEqual(ids);
      expect(seen.holds).toBe(false);
    });
  }
});

test('an untrusted certificate fails every check over TLS', async () => {
  const seen = await verifyBehind(undefined, (target) => {
    delete target.authority;
    return target;
  });
  expect(idsWith(seen, 'failed')).toContain('tls');
  expect(idsWith(seen, 'failed')).toContain('health');
});

test('a revision other than the deployed one is detected', async () => {
  const running = await balance(environment);
  const target = await targetBehind(running, token);
  const seen = await verify({ target, revision: 'newer', waitS: 1 }, () => {});
  await running.end();
  expect(idsWith(seen, 'failed')).toEqual(['version']);
});

test('a token of another audience counts as a wrong one, and must not be accepted', async () => {
  const foreign = await environment.token({ aud: 'https://other.example' });
  const seen = await verifyBehind(undefined, (target) => ({ ...target, refusedTokens: { foreign } }));
  expect(seen.checks.find(({ id }) => id === 'tokens')).toMatchObject({ outcome: 'passed' });
  const swapped = await verifyBehind(undefined, (target) => ({
    ...target,
    token: foreign,
    refusedTokens: { token },
  }));
  expect(idsWith(swapped, 'failed')).toContain('tokens');
});

describe('the probe that a one-off task runs', () => {
  const run = async (env: Record<string, string>): Promise<number> => {
    const [, ...rest] = probeCommand(false);
    const child = Bun.spawn([process.execPath, ...rest], { env, stdout: 'pipe', stderr: 'pipe' });
    const code = await child.exited;
    expect(await new Response(child.stdout).text()).toBe('');
    return code;
  };
  const key = { GEMINI_API_KEY: 'a-key' };

  test('exits with 0 if text came, and otherwise with a code for the reason', async () => {
    expect(await run({ ...key, GOOGLE_GEMINI_BASE_URL: environment.geminiUrl })).toBe(0);
    expect(await run({ GOOGLE_GEMINI_BASE_URL: environment.geminiUrl })).toBe(20);
    expect(await run({ ...key, GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' })).toBe(21);
    expect(await run({ ...key, GOOGLE_GEMINI_BASE_URL: environment.service.url })).toBe(22);
  });

  test('has no key among its arguments', () => {
    expect(probeCommand(false).join(' ')).not.toContain('a-key');
    expect(probeCommand(true)[0]).toBe('python');
  });
});

describe('lornu verify', () => {
  let running: RunningBalancer;
  let folder: string;
  beforeAll(async () => {
    running = await balance(environment);
    folder = await mkdtemp(join(tmpdir(), 'lornu-verify-cli-'));
    await writeFile(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await running.end();
    await rm(folder, { recursive: true });
  });

  const argv = (...more: string[]) => [
    'verify',
    'https://aws-staging.lornu.example',
    `--connect=127.0.0.1:${running.ports[443]}`,
    `--connect-http=127.0.0.1:${running.ports[80]}`,
    `--ca=${join(running.folder, 'authority.pem')}`,
    `--token-file=${join(folder, 'token')}`,
    '--wait=1',
    '--no-aws',
    ...more,
  ];

  test('prints one line per check, exits with 0, and never shows the token', async () => {
    const { exitCode, stdout, stderr } = await runCli(argv('--revision', REVISION));
    expect(stdout).toContain('not Gemini itself');
    expect(stdout).toMatch(/^ok {2}health .*: 200 .*\(expected 200 without a token\)$/m);
    expect(stdout).toMatch(/^-- {2}inside .*: absent, the account cannot be looked at/m);
    expect(stdout).toMatch(/^-- {2}peer .*: not offered, no peer is set up for this service$/m);
    expect(stdout).toEndWith(
      '\n13 of 17 checks hold; 1 is not offered by what is served; 3 are absent: nothing is known of them.\n',
    );
    // The progress agrees: what was not looked at is not shown as ok.
    expect(stderr).toMatch(
      /^-- {2}Gemini is reached from inside .* skipped: the account cannot be looked at/m,
    );
    expect(stderr.match(/^-- /gm)).toHaveLength(4);
    expect(stdout + stderr).not.toContain(token);
    expect(exitCode).toBe(0);
  });

  test('exits with 1 when a check fails, with JSON output too', async () => {
    const { exitCode, stdout } = await runCli(argv('--revision', 'abcdef0', '--json'));
    const seen = JSON.parse(stdout) as Verification;
    expect([exitCode, seen.holds, idsWith(seen, 'failed')]).toEqual([1, false, ['version']]);
  });

  test('reports invalid arguments', async () => {
    const plain = await runCli(['verify', 'http://aws-staging.lornu.example']);
    expect([plain.exitCode, plain.stderr]).toEqual([2, expect.stringContaining('a token may be sent to it')]);
    const missing = await runCli(argv('--token-file', join(folder, 'none')));
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining('next: Name an existing file'),
    ]);
    await writeFile(join(folder, 'odd'), 'not a token');
    const odd = await runCli(argv('--token-file', join(folder, 'odd')));
    expect([odd.exitCode, odd.stderr]).toEqual([2, expect.stringContaining('This is not a token.')]);
  });

  test('an address that does not answer fails every check, with a sentence', async () => {
    const { exitCode, stdout } = await runCli([
      'verify',
      'https://aws-staging.lornu.example',
      '--connect=127.0.0.1:1',
      '--no-aws',
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('does not say what it is');
    expect(stdout).not.toMatch(/^ok/m);
    expect(stdout).not.toContain('    at ');
  });
});

test('a person who interrupts it gets no verdict', async () => {
  const stop = new AbortController();
  const running = await balance(environment);
  const target = { ...(await targetBehind(running, token)), signal: stop.signal };
  setTimeout(() => stop.abort(), 300);
  const seen = await verify({ target, waitS: 30 }, () => {}).catch((error: unknown) => error);
  await running.end();
  expect(seen).toBeInstanceOf(Error);
});
