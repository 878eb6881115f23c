import { afterAll, expect, test } from 'bun:test';
import { createSecretsManager } from './secrets-manager.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:lornu/staging/gemini-api-key-AbCdEf';

/** Accepts requests and never answers. */
const silent = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: () => new Promise<Response>(() => {}),
});
afterAll(() => silent.stop(true));

test('a Secrets Manager that does not answer fails after a time limit', async () => {
  const read = createSecretsManager({
    region: 'eu-central-1',
    credentials: {
      get: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-central-1' }),
    },
    endpoint: silent.url.href,
    fetch,
    timeoutMs: 50,
  });
  const outcome = await Promise.race([
    read(ARN).catch((error: Error) => error.name),
    Bun.sleep(3_000).then(() => 'still waiting'),
  ]);
  expect(outcome).toBe('TimeoutError');
});
