import { STS } from '@aws-sdk/client-sts';
import { emulatorSettings } from '../emulator/aws-clients.ts';
import type { Credentials } from '../emulator/credentials.ts';

const TOKEN_SECONDS = 300;

/**
 * A token as GitHub gives one to a job, for a subject such as repo:OWNER/NAME:environment:staging. It is unsigned: the
 * emulator only reads the claims. https://docs.github.com/actions/reference/security/oidc
 */
export function githubToken(sub: string, seconds = TOKEN_SECONDS): string {
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const claims = { iss: 'https://token.actions.githubusercontent.com', aud: 'sts.amazonaws.com', sub, exp };
  const parts = [{ alg: 'none', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${parts.join('.')}.`;
}

/** The role's credentials for a GitHub job with this subject. STS refuses subjects that the role does not trust. */
export async function signInFromGithub(
  emulatorUrl: string,
  roleArn: string,
  subject: string,
  options: { durationSeconds?: number; tokenSeconds?: number | undefined } = {},
): Promise<Credentials> {
  const sts = new STS(emulatorSettings(emulatorUrl));
  const { Credentials: given } = await sts.assumeRoleWithWebIdentity({
    RoleArn: roleArn,
    RoleSessionName: 'rehearsal',
    DurationSeconds: options.durationSeconds,
    WebIdentityToken: githubToken(subject, options.tokenSeconds),
  });
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    ...(given?.SessionToken ? { sessionToken: given.SessionToken } : {}),
  };
}
