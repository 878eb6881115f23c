import { afterAll, beforeEach, expect, test } from 'bun:test';
import { startServiceUsage, type ServiceUsage } from './service-usage.ts';

let google: ServiceUsage;
beforeEach(async () => {
  await google?.stop();
  google = startServiceUsage({ project: 'p', token: 't', enabled: ['serviceusage.googleapis.com'] });
});
afterAll(() => google.stop());

async function call(method: string, path: string, body?: unknown, token = 't') {
  const response = await fetch(`${google.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const ENABLE = '/v1/projects/p/services:batchEnable';

test('an API is enabled once its operation is done', async () => {
  const { body } = await call('POST', ENABLE, { serviceIds: ['iam.googleapis.com'] });
  const look = '/v1/projects/p/services:batchGet?names=projects/p/services/iam.googleapis.com';
  expect((await call('GET', look)).body).toMatchObject({ services: [{ state: 'DISABLED' }] });
  expect((await call('GET', `/v1/${String(body['name'])}`)).body).toMatchObject({ done: true });
  expect((await call('GET', look)).body).toMatchObject({ services: [{ state: 'ENABLED' }] });
});

test.each([
  ['nothing', []],
  ['more than 20', Array.from({ length: 21 }, (_, index) => `a${index}.googleapis.com`)],
])('a batch of %s is refused', async (_, serviceIds) => {
  expect((await call('POST', ENABLE, { serviceIds })).status).toBe(400);
});

test('another token, another project and services of another parent are refused', async () => {
  expect((await call('GET', '/v1/projects/p/services:batchGet', undefined, 'other')).status).toBe(401);
  expect((await call('GET', '/v1/projects/q/services:batchGet')).status).toBe(403);
  expect((await call('GET', '/v1/projects/p/services:batchGet?names=projects/q/services/x')).status).toBe(
    400,
  );
});

test("until the Service Usage API itself is enabled, it answers with Google's error", async () => {
  google.enabled.clear();
  expect(await call('GET', '/v1/projects/p/services:batchGet')).toMatchObject({
    status: 403,
    body: { error: { status: 'PERMISSION_DENIED', details: [{ reason: 'SERVICE_DISABLED' }] } },
  });
});
