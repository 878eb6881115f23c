import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readJsonWithin } from '../read-json-within.ts';

/** Temporary keys of an AWS role. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Undefined if the keys do not expire. */
  expiresAtMs?: number;
}

export interface AwsCredentialsSource {
  /** Keys that are valid for at least another minute. Throws CredentialsError. */
  get(): Promise<AwsCredentials>;
}

/** The task role's credentials are not available; the message is for operators. */
export class CredentialsError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CredentialsError';
  }
}

export interface TaskCredentialsOptions {
  /** ECS's credentials endpoint: http://169.254.170.2 plus the relative path, or a full address. */
  url: string;
  /** Sent as Authorization if the agent requires it (EKS, ECS Anywhere). */
  authorizationToken?: string;
  authorizationTokenFile?: string;
  fetch: typeof fetch;
  now: () => number;
  timeoutMs?: number;
}

/** The endpoint's response (AWS, "Task IAM role"). */
const ANSWER = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.iso.datetime(),
});

const RENEW_BEFORE_MS = 5 * 60_000;
const USABLE_FOR_MS = 60_000;

/**
 * Credentials of the ECS task's role, from the container endpoint, which google-auth-library does not support. They are
 * read once, shared by all callers and renewed five minutes before they expire. If the endpoint fails, the current
 * credentials are used until a minute before they expire.
 */
export function createTaskCredentials(options: TaskCredentialsOptions): AwsCredentialsSource {
  const { now } = options;
  let held: AwsCredentials | undefined;
  let pending: Promise<AwsCredentials> | undefined;

  async function renew(): Promise<AwsCredentials> {
    pending ??= readTaskCredentials(options).finally(() => {
      pending = undefined;
    });
    held = await pending;
    return held;
  }

  /** The current credentials, if they are valid for that long. */
  function heldFor(ms: number): AwsCredentials | undefined {
    return (held?.expiresAtMs ?? 0) - now() > ms ? held : undefined;
  }

  return {
    async get() {
      const fresh = heldFor(RENEW_BEFORE_MS);
      if (fresh) return fresh;
      try {
        return await renew();
      } catch (error) {
        const usable = heldFor(USABLE_FOR_MS);
        if (usable) return usable;
        throw error;
      }
    },
  };
}

async function readTaskCredentials(options: TaskCredentialsOptions): Promise<AwsCredentials> {
  const { url, authorizationTokenFile } = options;
  // The agent rewrites the file, so it is read each time.
  const token = authorizationTokenFile
    ? (await readFile(authorizationTokenFile, 'utf8')).trim()
    : options.authorizationToken;
  let answer: unknown;
  try {
    const response = await options.fetch(url, {
      headers: token ? { authorization: token } : {},
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs ?? 2_000),
    });
    if (response.status !== 200) throw new Error(`it answered ${response.status}`);
    answer = await readJsonWithin(response, 64 * 1024);
  } catch (cause) {
    throw new CredentialsError(`The container credentials endpoint ${url} cannot be read`, { cause });
  }
  const parsed = ANSWER.safeParse(answer);
  if (!parsed.success) {
    throw new CredentialsError(`The container credentials endpoint ${url} answered without credentials`);
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parsed.data;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiresAtMs: Date.parse(Expiration),
  };
}
