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

test('the revision is what /version says', async () => {
  expect(await askVersion({ url }, signal)).toEqual({ revision: 'abcdef0' });
});

test('another address may be connected to; the name that is asked for stays', async () => {
  const connectTo = `127.0.0.1:${server.port}`;
  expect(await askVersion({ url: 'http://aws-staging.lornu.example', connectTo }, signal)).toEqual({
    revision: 'abcdef0',
  });
  expect(seen.at(-1)).toBe('aws-staging.lornu.example');
});

test('every other answer is words, never an error', async () => {
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
