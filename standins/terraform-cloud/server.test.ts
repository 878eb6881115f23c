import { afterAll, beforeEach, expect, test } from 'bun:test';
import { startTerraformCloud, type TerraformCloud } from './server.ts';

let hcp: TerraformCloud;
beforeEach(async () => {
  await hcp?.stop();
  hcp = startTerraformCloud({
    organization: 'lornu-ai',
    workspaces: ['there'],
    tokens: new Map([
      ['owner', 'owner' as const],
      ['team', 'write' as const],
    ]),
  });
});
afterAll(() => hcp.stop());

async function call(method: string, path: string, attributes: object, token = 'owner'): Promise<number> {
  const response = await fetch(`${hcp.address}/api/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ data: { type: 'workspaces', attributes } }),
  });
  return response.status;
}
const MAKE = '/organizations/lornu-ai/workspaces';
const LOCAL = { 'execution-mode': 'local' };

test('an owner creates a workspace, with the requested mode or the default, which is remote', async () => {
  expect(await call('POST', MAKE, { name: 'asked', ...LOCAL })).toBe(201);
  expect(await call('POST', MAKE, { name: 'silent' })).toBe(201);
  const overwritten = { 'setting-overwrites': { 'execution-mode': false } };
  expect(await call('POST', MAKE, { name: 'default', ...LOCAL, ...overwritten })).toBe(201);
  expect(['asked', 'silent', 'default'].map((name) => hcp.workspace(name).executionMode)).toEqual([
    'local',
    'remote',
    'remote',
  ]);
});

test('a taken or missing name is refused', async () => {
  expect(await call('POST', MAKE, { name: 'there' })).toBe(422);
  expect(await call('POST', MAKE, { name: 'two words' })).toBe(422);
  expect(await call('POST', MAKE, {})).toBe(422);
});

test('for a caller that is not an owner nothing exists', async () => {
  expect(await call('POST', MAKE, { name: 'asked' }, 'team')).toBe(404);
  expect(await call('PATCH', '/workspaces/ws-there', LOCAL, 'team')).toBe(404);
  expect(await call('POST', '/organizations/other/workspaces', { name: 'asked' })).toBe(404);
  expect(hcp.workspace('there').executionMode).toBe('remote');
});

test('an owner changes the mode of an existing workspace', async () => {
  expect(await call('PATCH', '/workspaces/ws-there', LOCAL)).toBe(200);
  expect(hcp.workspace('there').executionMode).toBe('local');
  expect(await call('PATCH', '/workspaces/ws-gone', LOCAL)).toBe(404);
});
