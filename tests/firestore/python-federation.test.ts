import { afterAll, beforeAll, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { type GoogleStandIn, startGoogleStandIn } from '@lornu/standins/google/server.ts';

const GCP_AGENT = resolve(import.meta.dir, '../../gcp-agent');

/** Two tokens from one process, requested as gcp-agent's Firestore client does. */
const PROGRAM = `
import json, os
from google.auth.transport.requests import Request
from gcp_agent.firestore.access import create_credentials, read_access
credentials = create_credentials(read_access(os.environ))
tokens = []
for _ in range(2):
    credentials.refresh(Request())
    tokens.append(credentials.token)
print(json.dumps(tokens))
`;

let google: GoogleStandIn;
beforeAll(async () => void (google = await startGoogleStandIn()));
afterAll(() => google.stop());

async function python(
  environment: Record<string, string>,
): Promise<{ code: number; out: string; said: string }> {
  const child = Bun.spawn(['uv', 'run', '--frozen', '--quiet', 'python', '-W', 'ignore', '-c', PROGRAM], {
    cwd: GCP_AGENT,
    env: {
      ...process.env,
      LORNU_REGION: 'eu-central-1',
      GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: google.provider,
      GOOGLE_SERVICE_ACCOUNT_EMAIL: google.serviceAccount.email,
      GOOGLE_STS_URL: `${google.url}/v1/token`,
      GOOGLE_IAM_CREDENTIALS_URL: google.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${google.url}/v2/credentials/task1`,
      ...environment,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, said, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, said };
}

test('on ECS the FastAPI agent becomes the service account through its task role, and reads the role once', async () => {
  const { code, out, said } = await python({});
  expect([code, said]).toEqual([0, '']);
  for (const token of JSON.parse(out) as string[])
    expect(google.federation.describeToken(token)).toMatchObject({
      kind: 'service-account',
      principal: google.serviceAccount.email,
      scopes: ['https://www.googleapis.com/auth/datastore'],
    });
  expect(google.requests.filter((request) => request.endsWith('/v2/credentials/task1'))).toHaveLength(1);
});

test('another pool is refused with a sentence, and so is a task without a role', async () => {
  const [otherPool, noRole] = await Promise.all([
    python({ GOOGLE_WORKLOAD_IDENTITY_AUDIENCE: `${google.provider}-other` }),
    python({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${google.url}/nothing-here` }),
  ]);
  expect([otherPool.code, noRole.code]).toEqual([1, 1]);
  expect(otherPool.said).toContain('invalid_');
  expect(noRole.said).toContain("ECS gives no credentials for the task's role: 404");
});
