import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readJsonWithin } from '../read-json-within.ts';

/** Keys of an AWS role for a while. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Undefined for keys that do not expire. */
  expiresAtMs?: number;
}

export interface AwsCredentialsSource {
  /** Valid for at least a minute more. Throws CredentialsError. */
  get(): Promise<AwsCredentials>;
}

/** The task role's credentials cannot be had; the message is for operators. */
export class CredentialsError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CredentialsError';
  }
}

export interface TaskCredentialsOptions {
  /** Where ECS hands out the credentials: http://169.254.170.2 and the relative path, or a full address. */
  url: string;
  /** Sent as Authorization, where the agent asks for it (EKS, ECS Anywhere). */
  authorizationToken?: string;
  authorizationTokenFile?: string;
  fetch: typeof fetch;
  now: () => number;
  timeoutMs?: number;
}

/** What the endpoint answers (AWS, "Task IAM role"). */
const ANSWER = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.iso.datetime(),
});

const RENEW_BEFORE_MS = 5 * 60_000;
const USABLE_FOR_MS = 60_000;

/**
 * The credentials of the ECS task's role, from the container endpoint, which google-auth-library does not know.
 * Read once, shared by all who wait, renewed five minutes before they end; while the endpoint fails, the
 * credentials held are used to within a minute of their end.
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

  /** The credentials held, if they live that long. */
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
  // The file is rewritten by the agent, so it is read each time.
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
