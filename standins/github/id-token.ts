import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

/** The issuer of all job tokens at GitHub. https://docs.github.com/actions/reference/security/oidc */
export const ISSUER = 'https://token.actions.githubusercontent.com';
/** GitHub's ids of owner and repository: they do not change, even if another account takes over the name. */
export const IDS = { owner: 123456, repository: 456789012 };
const SECONDS = 300;
const KEY_ID = 'github-standin';

/** The claims of a token about its job. Absent claims are derived from the workflow's ref. */
interface JobClaims {
  /** Example: lornu-ai/a/.github/workflows/b.yml@refs/heads/main. */
  workflowRef: string;
  subject?: string;
  commit?: string;
  event?: string;
  runId?: string;
}

/** Signs job tokens as GitHub does, and publishes the keys in the same documents as GitHub. */
export interface IdTokens {
  issue: (job: JobClaims, audience: string, issuer?: string) => Promise<string>;
  /** The documents below the issuer's URL, by path. */
  documents: (issuer?: string) => Promise<Record<string, object>>;
}

/** Creates the key at the first use, because most tests need none. */
export function createIdTokens(repository: string): IdTokens {
  let made: Promise<{ privateKey: CryptoKey; jwk: JWK }> | undefined;
  const keys = () =>
    (made ??= generateKeyPair('RS256').then(async ({ privateKey, publicKey }) => ({
      privateKey,
      jwk: { ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' },
    })));
  return {
    issue: async (job, audience, issuer = ISSUER) => {
      const { privateKey } = await keys();
      return new SignJWT(claimsOf(job, repository))
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setNotBefore('0s')
        .setExpirationTime(`${SECONDS}s`)
        .setJti(crypto.randomUUID())
        .sign(privateKey);
    },
    documents: async (issuer = ISSUER) => ({
      '/.well-known/openid-configuration': {
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks`,
        subject_types_supported: ['public', 'pairwise'],
        response_types_supported: ['id_token'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid'],
      },
      '/.well-known/jwks': { keys: [(await keys()).jwk] },
    }),
  };
}

/** All claims of GitHub's table; Sigstore's authority refuses a token without one of them. */
function claimsOf(job: JobClaims, repository: string): Record<string, string> {
  const [owner = ''] = repository.split('/');
  const [, ref = ''] = job.workflowRef.split('@');
  const commit = job.commit ?? '0'.repeat(40);
  return {
    sub: job.subject ?? `repo:${repository}:ref:${ref}`,
    ref,
    ref_type: 'branch',
    sha: commit,
    repository,
    repository_id: String(IDS.repository),
    repository_owner: owner,
    repository_owner_id: String(IDS.owner),
    repository_visibility: 'private',
    workflow: 'Terraform AWS',
    workflow_ref: job.workflowRef,
    workflow_sha: commit,
    job_workflow_ref: job.workflowRef,
    job_workflow_sha: commit,
    event_name: job.event ?? 'workflow_dispatch',
    run_id: job.runId ?? '1',
    run_number: '1',
    run_attempt: '1',
    runner_environment: 'github-hosted',
    actor: 'maintainer',
  };
}
