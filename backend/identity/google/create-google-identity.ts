import type { IdentityConfig } from '../../config/identity-config.ts';
import type { AwsCredentialsSource } from '../aws/task-credentials.ts';
import type { Secret } from '../secrets/secret.ts';
import { createFederation } from './federation.ts';
import type { GoogleIdentity } from './google-identity.ts';
import { createServiceAccountIdentity } from './service-account-key.ts';

/** Our Google identity, from the configuration; undefined if it has none. */
export function createGoogleIdentity(
  { google, aws }: Pick<IdentityConfig, 'google' | 'aws'>,
  credentials: AwsCredentialsSource,
  key: Secret,
  now: () => number,
): GoogleIdentity | undefined {
  switch (google.kind) {
    case 'none':
      return undefined;
    case 'service-account-key':
      return createServiceAccountIdentity({
        key,
        now,
        ...(google.tokenUrl === undefined ? {} : { tokenUrl: google.tokenUrl }),
      });
    case 'federation':
      return createFederation({
        provider: google.provider,
        serviceAccountEmail: google.serviceAccountEmail,
        awsRegion: aws.region,
        credentials,
        now,
        ...(google.endpoints === undefined ? {} : { endpoints: google.endpoints }),
      });
  }
}
