import { afterAll, expect, test } from 'bun:test';
import { askVersion } from './ask-version.ts';

const { signal } = new AbortController();
let answer: () => Response = () => Response.json({ revision: 'abcdef0' });
const seen: (string | null)[] = [];
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request) => {
    seen.push(request.headers.get('host'));
    return answer();
  },
});
afterAll(() => server.stop(true));
const url = `http://127.0.0.1:${server.port}`;

test('returns the revision of /version', async () => {
  expect(await askVersion({ url }, signal)).toEqual({ revision: 'abcdef0' });
});

test('can connect to another address but keeps the requested host name', async () => {
  const connectTo = `127.0.0.1:${server.port}`;
  expect(await askVersion({ url: 'http://aws-staging.lornu.example', connectTo }, signal)).toEqual({
    revision: 'abcdef0',
  });
  expect(seen.at(-1)).toBe('aws-staging.lornu.example');
});

test('returns a sentence for any other response and never throws', async () => {
  answer = () => new Response('busy', { status: 503 });
  expect(await askVersion({ url }, signal)).toEqual({ failure: 'it answers 503' });
  answer = () => Response.redirect('https://elsewhere.example/', 302);
  expect(await askVersion({ url }, signal)).toEqual({ failure: 'it answers 302' });
  answer = () => Response.json({ other: 1 });
  expect(await askVersion({ url }, signal)).toEqual({ failure: 'its answer names no revision' });
  answer = () => new Response('<html>');
  expect(await askVersion({ url }, signal)).toMatchObject({
    failure: expect.stringContaining('no answer ('),
  });
  expect(await askVersion({ url: 'http://127.0.0.1:1' }, signal)).toMatchObject({
    failure: expect.stringContaining('no answer ('),
  });
});
