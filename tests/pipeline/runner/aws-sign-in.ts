import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { z } from 'zod';
import { emulatorSettings } from '../../../rehearsal/emulator/aws-clients.ts';

/** What GitHub's OIDC token says of a job. */
export interface JobClaims {
  sub: string;
  aud: string;
  /** Seconds since 1970. */
  exp: number;
}

/** Default length of a session, and default maximum of a role. */
const DEFAULT_SECONDS = 3600;

const TEXTS = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const TRUST = z.looseObject({
  Statement: z.array(
    z.looseObject({
      Effect: z.string(),
      Action: TEXTS,
      Condition: z.looseObject({ StringEquals: z.record(z.string(), TEXTS) }),
    }),
  ),
});

/**
 * The subject of a job's token after what names the repository: its environment where it names one, a pull request, else
 * the ref.
 * https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
 */
export function subjectOf(
  prefix: string,
  job: { environment?: string | undefined },
  event: { event_name: string; ref: string },
): string {
  if (job.environment) return `${prefix}:environment:${job.environment}`;
  return `${prefix}:${event.event_name === 'pull_request' ? 'pull_request' : `ref:${event.ref}`}`;
}

/**
 * What STS does with AssumeRoleWithWebIdentity: the role's own trust policy, read from the account, must accept the
 * token. The emulator gives credentials to anybody; this is the part that it leaves out. Gives back why not, or nothing.
 */
export async function refusalOf(
  roleArn: string,
  claims: JobClaims,
  emulatorUrl: string,
  { durationSeconds = DEFAULT_SECONDS, now = Date.now() }: { durationSeconds?: number; now?: number } = {},
): Promise<string | undefined> {
  if (claims.exp * 1000 <= now) return 'ExpiredTokenException: the web identity token has expired';
  const iam = new IAMClient(emulatorSettings(emulatorUrl));
  const name = roleArn.split('/').at(-1) ?? '';
  const role = await iam.send(new GetRoleCommand({ RoleName: name })).catch(() => undefined);
  const denied = 'AccessDenied: not authorized to perform sts:AssumeRoleWithWebIdentity';
  if (role?.Role?.Arn !== roleArn) return denied;
  const document = TRUST.parse(JSON.parse(decodeURIComponent(role.Role.AssumeRolePolicyDocument ?? '{}')));
  const values: Record<string, string> = { aud: claims.aud, sub: claims.sub };
  const accepted = document.Statement.some(
    ({ Effect, Action, Condition }) =>
      Effect === 'Allow' &&
      Action.includes('sts:AssumeRoleWithWebIdentity') &&
      Object.entries(Condition.StringEquals).every(([key, allowed]) =>
        allowed.includes(values[key.split(':').at(-1) ?? ''] ?? ''),
      ),
  );
  if (!accepted) return `${denied} (subject ${claims.sub})`;
  const most = role.Role.MaxSessionDuration ?? DEFAULT_SECONDS;
  return durationSeconds > most
    ? `ValidationError: the requested DurationSeconds ${durationSeconds} exceeds the MaxSessionDuration ${most} of ${name}`
    : undefined;
}
