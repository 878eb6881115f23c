import { afterEach, describe, expect, test } from 'bun:test';
import { type Environment, parseConfig } from '../config/config.ts';
import { createJsonLogger } from '../observability/json-logger.ts';
import { createAwsCredentials, createTaskSecrets, type TaskSecrets } from './task-secrets.ts';

const EVERY_MS = 10;
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:gemini-api-key-AbCdEf';
const credentials = { get: async () => ({ accessKeyId: 'A', secretAccessKey: 'B' }) };
let secrets: TaskSecrets | undefined;

afterEach(() => secrets?.stop());

/** Secrets on a Secrets Manager that counts its calls. */
function createCase(environment: Environment) {
  const state = { reads: 0, logged: [] as string[] };
  const config = parseConfig({
    GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
    AWS_REGION: 'eu-central-1',
    ...environment,
  });
  secrets = createTaskSecrets(config.identity, credentials, {
    fetch: (async () => {
      state.reads++;
      return Response.json({ SecretString: 'two' });
    }) as unknown as typeof fetch,
    now: Date.now,
    log: createJsonLogger({ level: 'info', now: Date.now, write: (line) => state.logged.push(line) }),
    pollEveryMs: EVERY_MS,
  });
  return { state, secrets };
}

const someTime = () => Bun.sleep(EVERY_MS * 8);

describe("a task's secrets", () => {
  test('are re-read until they are stopped, however often they were started', async () => {
    const { state, secrets: running } = createCase({
      GEMINI_API_KEY: 'one',
      LORNU_SECRET_ARN_GEMINI_API_KEY: ARN,
    });
    running.start();
    running.start();
    for (let waited = 0; state.reads < 2 && waited < 500; waited++) await Bun.sleep(EVERY_MS);
    expect(running.geminiApiKey.current()).toBe('two');
    running.stop();
    // A read that began before the stop may still finish.
    await someTime();
    const { reads } = state;
    expect(reads).toBeGreaterThan(1);
    await someTime();
    expect(state.reads).toBe(reads);
  });

  test.each([
    ['has no ARN', { GEMINI_API_KEY: 'one' }, 'one'],
    ['is not in use', { LORNU_SECRET_ARN_GEMINI_API_KEY: ARN }, ''],
  ])('are not read where one %s', async (_what, environment, value) => {
    const { state, secrets: running } = createCase(environment);
    running.start();
    await someTime();
    expect(await running.geminiApiKey.refresh(value)).toBe(false);
    expect([running.geminiApiKey.current(), state.reads, state.logged]).toEqual([value, 0, []]);
  });
});

describe("the task role's credentials", () => {
  const aws = (environment: Record<string, string>) =>
    parseConfig({ GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1', ...environment }).identity;

  test('are reported as missing outside ECS', async () => {
    const source = createAwsCredentials(aws({}), { fetch, now: Date.now });
    const error: unknown = await source.get().catch((caught: unknown) => caught);
    expect(String(error)).toContain('No task role: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set');
  });

  test('are requested at the address that ECS sets, with its token', async () => {
    const asked: unknown[] = [];
    const answer = { AccessKeyId: 'A', SecretAccessKey: 'B', Token: 'C', Expiration: '2100-01-01T00:00:00Z' };
    const counting = (async (url: string, { headers }: RequestInit) => {
      asked.push([url, headers]);
      return Response.json(answer);
    }) as unknown as typeof fetch;
    const relative = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x' };
    await createAwsCredentials(aws(relative), { fetch: counting, now: Date.now }).get();
    const withToken = aws({ ...relative, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'from-environment' });
    await createAwsCredentials(withToken, { fetch: counting, now: Date.now }).get();
    const url = 'http://169.254.170.2/v2/credentials/x';
    expect(asked).toEqual([
      [url, {}],
      [url, { authorization: 'from-environment' }],
    ]);
  });
});
