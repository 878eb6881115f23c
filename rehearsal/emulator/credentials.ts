/** Keys of a principal of the emulated account. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The emulated account, as moto numbers it. */
export const ACCOUNT_ID = '123456789012';

/** Keys that the emulator's STS has not given out are those of a person with AdministratorAccess. */
export const ADMINISTRATOR: Credentials = { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' };

/** As AWS's SDKs read them from the environment. */
export function credentialVariables(credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken ?? '',
  };
}
