import { CliError, EXIT } from '../../base/cli-error.ts';
import { tryCommand, type CommandResult } from '../../process/run-command.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { signIn, withSignIn, type Registry } from './registry.ts';

/** The signer: the job of this workflow on main, with GitHub's own token; no key is stored anywhere. */
export const SIGNER = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'lornu-ai/lornu-aws-staging',
  workflow: '.github/workflows/terraform-aws.yml',
  ref: 'refs/heads/main',
} as const;
const VERIFY_MS = 3 * 60_000;

type SignatureContext = Pick<DeliveryContext, 'env' | 'signal'>;

/** The identity in the certificate of a valid signature; in the workflow, the repository is the one it runs in. */
export function signerOf(env: DeliveryContext['env']): string {
  const repository = env['GITHUB_REPOSITORY'] || SIGNER.repository;
  return `https://github.com/${repository}/${SIGNER.workflow}@${SIGNER.ref}`;
}

/**
 * Refuses an image whose digest was not signed by the workflow on main (cosign, keyless): permission to push to the
 * repository is not enough. Returns the signer; `what` is the first sentence of the error.
 */
export async function requireSignature(
  digest: string,
  what: string,
  context: SignatureContext,
  registry?: Registry,
): Promise<string> {
  requireCosign(what, context.env);
  const identity = signerOf(context.env);
  const given = registry ?? (await signIn(what));
  const done = await withSignIn(given, context.env, async (env) =>
    tryCommand(
      [
        'cosign',
        'verify',
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        SIGNER.issuer,
        `${given.repository}@${digest}`,
      ],
      { env, signal: context.signal, timeoutMs: VERIFY_MS },
    ),
  );
  context.signal.throwIfAborted();
  if (done.exitCode === 0) return identity;
  throw new CliError({
    what,
    why: explainRefusal(digest, identity, done),
    next: 'Start the workflow on main with action deploy, so that it builds and signs the image; or go back to a revision that it has signed (./lornu rollback --list).',
    output: done.tail,
  });
}

/** Checks that cosign is installed, before anything else is done: signing and verifying need it. */
export function requireCosign(what: string, env: DeliveryContext['env']): void {
  if (Bun.which('cosign', { PATH: env['PATH'] ?? '' })) return;
  throw new CliError({
    what,
    why: 'There is no cosign on PATH, so the signature of the image cannot be verified.',
    next: 'Install cosign 3 (https://docs.sigstore.dev); in the workflow, sigstore/cosign-installer installs it.',
    exitCode: EXIT.machine,
  });
}

/** cosign's messages and their meaning. https://github.com/sigstore/cosign/blob/v3.1.3/pkg/cosign/verify.go */
export function explainRefusal(
  digest: string,
  identity: string,
  { tail, timedOut }: Pick<CommandResult, 'tail' | 'timedOut'>,
): string {
  const said = tail.join('\n');
  const image = digest.slice(0, 19);
  if (timedOut) return `cosign took longer than ${VERIFY_MS / 60_000} min.`;
  // Two forms: bundles and the older signatures.
  const [, word = ''] =
    /expected issuer value "[^"]*", got "([^"]*)"/.exec(said) ??
    (said.includes(`got subjects [${identity}]`) ? (/ with issuer (\S+)/.exec(said) ?? []) : []);
  if (word) return `${image} was signed on the word of ${word}, not of ${SIGNER.issuer}.`;
  if (/none of the expected identities matched|no matching CertificateIdentity/i.test(said)) {
    const [, other] = /got subjects \[([^\]]*)\]/.exec(said) ?? /got "([^"]*)"/.exec(said) ?? [];
    return `${image} was signed by ${other || 'another identity'}, not by ${identity}.`;
  }
  if (/no signatures found|no valid bundles/i.test(said)) return `Nobody has signed ${image}.`;
  if (/MANIFEST_UNKNOWN|NAME_UNKNOWN|image tag not found/i.test(said))
    return `The repository has no ${image}.`;
  const last = tail.find((line) => line.startsWith('Error: ')) ?? tail.at(-1) ?? 'nothing';
  return `The signature of ${image} could not be verified; cosign says: ${last.replace(/^Error: /, '')}`;
}
