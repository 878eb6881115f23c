import { expect, test } from 'bun:test';
import { createTestApp } from '../testing/test-app.ts';

const LONG = '1234567890123456789';
const post = (body: string, more: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...more },
  body,
});

test('an integer beyond 2^53 is returned unchanged, from state and from events', async () => {
  const { request } = createTestApp();
  const sessions = '/apps/lornu/users/ann/sessions';
  const part = `{"functionResponse":{"id":"c","name":"f","response":{"id":${LONG}}}}`;
  const call = `{"functionCall":{"id":"c","name":"f","args":{"id":-${LONG}}}}`;
  const events = `[{"author":"root","content":{"role":"model","parts":[${call}]}},{"author":"root","content":{"role":"user","parts":[${part}]}}]`;
  const created = await request(
    sessions,
    post(
      `{"sessionId":"s","state":{"own":${LONG},"user:mine":[${LONG}],"app:all":{"n":${LONG}}},"events":${events}}`,
    ),
  );
  expect(created.status).toBe(200);
  await request(`${sessions}/s`, { ...post(`{"stateDelta":{"other":${LONG}0}}`), method: 'PATCH' });
  const read = await (await request(`${sessions}/s`)).text();
  for (const kept of [
    `"own":${LONG}`,
    `"user:mine":[${LONG}]`,
    `"app:all":{"n":${LONG}}`,
    `"response":{"id":${LONG}}`,
    `"args":{"id":-${LONG}}`,
    `"other":${LONG}0`,
  ])
    expect(read).toContain(kept);
  expect(await (await request(sessions)).text()).toContain(`"own":${LONG}`);
});

test('is refused as too large where a smaller number is required', async () => {
  const { request } = createTestApp();
  const response = await request('/apps/lornu/users/ann/sessions', post(`{"sessionId":${LONG}}`));
  expect(response.status).toBe(422);
  expect(await response.text()).toContain(`"input":${LONG}`);
});

test('the id of an A2A request is returned unchanged, in both versions', async () => {
  const { request } = createTestApp();
  for (const version of ['1.0', '0.3']) {
    const body = `{"jsonrpc":"2.0","id":${LONG},"method":"no/such","params":{}}`;
    const response = await request(
      '/a2a/lornu',
      post(body, version === '1.0' ? { 'a2a-version': version } : {}),
    );
    expect(await response.text()).toContain(`"id":${LONG}`);
  }
});
