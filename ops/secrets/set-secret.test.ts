import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from 'bun:test';
import { CliError, renderCliError } from '../base/cli-error.ts';
import { SECRET_FORMS } from './secret-forms.ts';
import { setSecret } from './set-secret.ts';

interface Call {
  target: string | null;
  url: string;
  body: { SecretId?: string; SecretString?: string };
}

const servers: { stop: (closeActive: boolean) => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(true)));
});

/** The real SDK against a small server that answers like Secrets Manager. */
function secretsManager(answer: { status: number; body: unknown }): {
  client: SecretsManager;
  calls: Call[];
} {
  const calls: Call[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const body = (await request.json()) as Call['body'];
      calls.push({ target: request.headers.get('x-amz-target'), url: request.url, body });
      return Response.json(answer.body, {
        status: answer.status,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
      });
    },
  });
  servers.push(server);
  const client = new SecretsManager({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return { client, calls };
}

const VALUE = 'a-key-nobody-may-see';

async function failureOf(run: Promise<unknown>): Promise<CliError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CliError);
  return error as CliError;
}

describe('setSecret', () => {
  test('stores the value in the secret that Terraform created', async () => {
    const { client, calls } = secretsManager({ status: 200, body: { VersionId: 'v-1' } });
    expect(await setSecret({ name: 'gemini-api-key', value: VALUE, client })).toEqual({ versionId: 'v-1' });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.target).toBe('secretsmanager.PutSecretValue');
    expect(calls[0]?.body).toMatchObject({ SecretId: 'lornu/staging/gemini-api-key', SecretString: VALUE });
    expect(calls[0]?.url).not.toContain(VALUE);
  });

  test.each([
    ['ResourceNotFoundException', 'apply terraform/aws/bootstrap first'],
    ['AccessDeniedException', 'secretsmanager:PutSecretValue'],
    ['EncryptionFailure', 'kms:GenerateDataKey'],
    ['InternalServiceError', 'try again'],
  ])('%s is said in words, without the value and without the message of AWS', async (type, next) => {
    const { client } = secretsManager({
      status: 400,
      body: { __type: type, message: `arn:aws:iam::1:x ${VALUE}` },
    });
    const error = await failureOf(setSecret({ name: 'gemini-api-key', value: VALUE, client }));
    expect(error.parts.next).toContain(next);
    expect(renderCliError(error)).not.toContain(VALUE);
    expect(renderCliError(error)).not.toContain('arn:aws');
  });

  test('refuses an unknown name before anything is sent', async () => {
    const { client, calls } = secretsManager({ status: 200, body: {} });
    const error = await failureOf(setSecret({ name: 'gemini', value: VALUE, client }));
    expect(error.parts.next).toContain('gemini-api-key');
    expect(calls).toHaveLength(0);
  });

  test('reports a failed connection as such, not as a bug', async () => {
    const { client } = secretsManager({ status: 200, body: {} });
    await Promise.all(servers.splice(0).map((server) => server.stop(true)));
    const error = await failureOf(setSecret({ name: 'gemini-api-key', value: VALUE, client }));
    expect(error.parts.why).toContain('could not be reached');
  });
});

describe('the form of each secret', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n';
  test.each([
    ['gemini-api-key', 'AIzaSomething', 'two words'],
    [
      'gcp-service-account',
      '{"type":"service_account","client_email":"a@b","private_key":"k"}',
      '{"type":"authorized_user","client_email":"a@b","private_key":"k"}',
    ],
    ['oidc-client', '{"client_id":"a","client_secret":"b"}', '{"client_id":"a"}'],
    ['oidc-client', '{"client_id":"a","client_secret":"b"}', '["a","b"]'],
    ['oidc-client', '{"client_id":"a","client_secret":"b"}', 'a:b'],
    ['session-key', 'x'.repeat(32), 'x'.repeat(31)],
    ['session-key', `${'x'.repeat(32)},${'y'.repeat(32)}`, `${'x'.repeat(32)},short`],
    ['a2a-signing-key', pem, pem.replaceAll('PRIVATE', 'EC PRIVATE')],
  ])('%s takes the right one and refuses the wrong one', async (name, right, wrong) => {
    const { client, calls } = secretsManager({ status: 200, body: { VersionId: 'v' } });
    await setSecret({ name, value: right, client });
    const error = await failureOf(setSecret({ name, value: wrong, client }));
    expect(calls).toHaveLength(1);
    expect(error.parts.next).toBe(`bring ${SECRET_FORMS[name]?.form}`);
    expect(error.parts.why).not.toContain(wrong);
  });

  test('the names match those in Terraform', async () => {
    const hcl = await Bun.file(new URL('../../terraform/aws/bootstrap/secrets.tf', import.meta.url)).text();
    const block = /secrets = \{\n([\s\S]*?)\n {2}\}/.exec(hcl)?.[1] ?? '';
    const names = [...block.matchAll(/^\s+([a-z0-9-]+)\s+=/gm)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(Object.keys(SECRET_FORMS)));
  });
});
