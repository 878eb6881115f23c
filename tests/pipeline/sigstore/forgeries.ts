import { describe, expect, test } from 'bun:test';
import { dirname } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { withSignIn, type Registry } from '@lornu/ops/delivery/image/registry.ts';
import { requireSignature, SIGNER, signerOf } from '@lornu/ops/delivery/image/signature.ts';
import { tryCommand, type CommandResult } from '@lornu/ops/process/run-command.ts';
import type { Github } from '@lornu/standins/github/server.ts';

/** The workflow whose signature counts. */
export const MAIN = `${SIGNER.repository}/${SIGNER.workflow}@${SIGNER.ref}`;
/** A second issuer that the authority accepts beside GitHub. Its tokens name the same workflow. */
export const OTHER_ISSUER = 'https://token.actions.elsewhere.example';
/** cosign found the signature and rejects it. */
const REFUSED = /could not be verified; cosign says: /;

/** A job that runs cosign. */
export interface SigningJob {
  workflowRef?: string;
  rights?: Record<string, 'read' | 'write'>;
  /** Another token in place of GitHub's. */
  token?: string;
  /** Environment with which cosign finds its Sigstore. */
  env?: Readonly<Record<string, string>>;
}

/** cosign or its stand-in: the program, and the environment with which it trusts one Sigstore. */
export interface Cosign {
  program: string;
  env: Readonly<Record<string, string>>;
  github: Github;
}

/** Runs cosign as a job does, which gets its token from GitHub. */
export async function runCosign(
  { program, env, github }: Cosign,
  words: readonly string[],
  registry: Registry,
  { workflowRef = MAIN, rights = { 'id-token': 'write' }, token, env: more = {} }: SigningJob = {},
): Promise<CommandResult> {
  const own = token
    ? { SIGSTORE_ID_TOKEN: token }
    : {
        ACTIONS_ID_TOKEN_REQUEST_URL: github.idTokenUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: github.issueToken(rights, workflowRef),
      };
  const PATH = `${dirname(program)}:/usr/bin:/bin`;
  return withSignIn(registry, { PATH, HOME: '/nowhere', ...env, ...more, ...own }, async (all) =>
    tryCommand([program, ...words], { env: all, timeoutMs: 120_000 }),
  );
}

export async function signImage(cosign: Cosign, image: string, registry: Registry, job?: SigningJob) {
  const done = await runCosign(cosign, ['sign', '--yes', image], registry, job);
  if (done.exitCode !== 0) throw new Error(done.tail.join('\n'));
}

/** Changes of a stored signature. */
export type Change = 'nothing' | 'the signature' | 'the statement' | 'no log entry' | 'no time';

/** What the forgeries need, of cosign or of its stand-in. */
export interface ForgeryBench {
  cosign: Cosign;
  registry: Registry;
  /** Pushes an image, and returns its digest. */
  push: () => Promise<string>;
  /** Changes the signature of an image and stores it again, at the same image or at another one. */
  change: (digest: string, change: Change, at?: string) => Promise<void>;
  /** Environment with which cosign signs at another Sigstore, which nobody trusts. */
  elsewhere: () => Promise<Readonly<Record<string, string>>>;
}

/** Signs a new image, and returns its digest. */
export async function signedImage(bench: ForgeryBench, job?: SigningJob): Promise<string> {
  const digest = await bench.push();
  await signImage(bench.cosign, `${bench.registry.repository}@${digest}`, bench.registry, job);
  return digest;
}

/** Returns the signer, or the reason of the refusal, as `lornu apply` gets it. */
export async function verifyImage({ cosign, registry }: ForgeryBench, digest: string): Promise<string> {
  const env = { PATH: `${dirname(cosign.program)}:/usr/bin:/bin`, HOME: '/nowhere', ...cosign.env };
  const context = { env, signal: new AbortController().signal };
  return requireSignature(digest, 'No.', context, registry).catch((error: unknown) => {
    if (error instanceof CliError) return error.parts.why ?? '';
    throw error;
  });
}

/** Twelve signatures that must not count, and the reason that a person gets for each. */
export function testForgeries(bench: () => ForgeryBench): void {
  const verify = async (digest: string) => verifyImage(bench(), digest);
  const signed = async (job?: SigningJob) => signedImage(bench(), job);

  describe('refused is', () => {
    test('an image that nobody has signed', async () => {
      expect(await verify(await bench().push())).toContain('Nobody has signed sha256:');
    });

    test.each([
      ['a branch', MAIN.replace('refs/heads/main', 'refs/heads/feature')],
      ['a pull request', MAIN.replace('refs/heads/main', 'refs/pull/7/merge')],
      ['another workflow', MAIN.replace('terraform-aws.yml', 'test.yml')],
      ['another repository', MAIN.replace(SIGNER.repository, 'somebody/lornu-aws-staging')],
    ])('an image that %s has signed', async (_who, workflowRef) => {
      const digest = await signed({ workflowRef });
      expect(await verify(digest)).toContain(`was signed by https://github.com/${workflowRef}, not by`);
    });

    test('the word of another issuer for the same workflow', async () => {
      const { idTokens } = bench().cosign.github;
      const token = await idTokens.issue({ workflowRef: MAIN }, 'sigstore', OTHER_ISSUER);
      expect(await verify(await signed({ token }))).toContain(
        `was signed on the word of ${OTHER_ISSUER}, not of`,
      );
    });

    test("another image's signature", async () => {
      const [digest, other] = [await signed(), await bench().push()];
      await bench().change(digest, 'nothing', other);
      expect(await verify(other)).toMatch(REFUSED);
      expect(await verify(digest)).toBe(signerOf({}));
    });

    test.each<[string, Change]>([
      ['a changed signature', 'the signature'],
      ['a changed statement', 'the statement'],
      ['a signature without its entry in the log', 'no log entry'],
      ['a signature without the time at which it was made', 'no time'],
    ])('%s', async (_what, change) => {
      const digest = await signed();
      expect(await verify(digest)).toBe(signerOf({}));
      await bench().change(digest, change);
      expect(await verify(digest)).toMatch(REFUSED);
    });

    test('the right name in a certificate of another authority', async () => {
      const env = await bench().elsewhere();
      expect(await verify(await signed({ env }))).toMatch(REFUSED);
    });
  });
}
