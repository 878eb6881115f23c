/** One secret of the staging environment: its name without the prefix, and the form of its value. */
export interface SecretForm {
  /** What a person has to provide. */
  readonly form: string;
  /** One sentence on what is wrong, without any part of the value; undefined if it is valid. */
  readonly problem: (value: string) => string | undefined;
}

/** Prefix of every secret of staging (terraform/aws/bootstrap/secrets.tf). */
export const SECRET_PREFIX = 'lornu/staging/';

/** The secrets of terraform/aws/bootstrap/secrets.tf; a test compares the two. */
export const SECRET_FORMS: Readonly<Record<string, SecretForm>> = {
  'gemini-api-key': {
    form: 'one line, the API key',
    problem: (value) => (/^\S+$/.test(value) ? undefined : 'It must be one line without blanks.'),
  },
  'gcp-service-account': {
    form: 'the JSON key file of a service account',
    problem: (value) =>
      hasTexts(value, ['client_email', 'private_key']) && isOfType(value, 'service_account')
        ? undefined
        : 'It must be JSON with type "service_account", client_email and private_key.',
  },
  'oidc-client': {
    form: '{"client_id": "...", "client_secret": "..."}',
    problem: (value) =>
      hasTexts(value, ['client_id', 'client_secret'])
        ? undefined
        : 'It must be JSON with client_id and client_secret.',
  },
  'session-key': {
    form: '32 random characters or more, for example from `openssl rand -base64 32`; after a comma the older key',
    problem: (value) =>
      value.split(',').every((key) => key.trim().length >= 32)
        ? undefined
        : 'Each key must have at least 32 characters.',
  },
  'a2a-signing-key': {
    form: 'a private key of the curve P-256 in PKCS #8 PEM',
    problem: (value) =>
      /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\s*$/.test(value)
        ? undefined
        : 'It must be PEM that begins with BEGIN PRIVATE KEY (PKCS #8).',
  },
};

function toObject(value: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? { ...parsed }
      : undefined;
  } catch {
    return undefined;
  }
}

function hasTexts(value: string, keys: readonly string[]): boolean {
  const parsed = toObject(value);
  return parsed !== undefined && keys.every((key) => typeof parsed[key] === 'string' && parsed[key] !== '');
}

function isOfType(value: string, type: string): boolean {
  return toObject(value)?.['type'] === type;
}
