import { expect, test } from 'bun:test';
import { createTestApp } from '../../testing/test-app.ts';

const cacheControl = async (path: string): Promise<string | null> =>
  (await createTestApp().request(path)).headers.get('cache-control');

test('responses forbid caching unless their route allows it', async () => {
  for (const path of ['/list-apps', '/apps/lornu/users/ann/sessions', '/nothing', '/health'])
    expect([path, await cacheControl(path)]).toEqual([path, 'no-store']);
  expect(await cacheControl('/a2a/lornu/.well-known/agent-card.json')).toStartWith('public, max-age=');
});
