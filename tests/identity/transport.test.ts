import { afterAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { claims, createGuardedApp, createSigner, sign } from './kit.ts';

const signer = await createSigner('k1');
const app = createGuardedApp([signer.publicJwk]);
const server = app.listen();
afterAll(() => server.stop());

/** Sends one raw request; returns status and text of the response. */
function send(lines: string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }));
  });
}

const get = (headers: string[], path = '/list-apps') =>
  send([`GET ${path} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...headers]);
const valid = (changes = {}) => sign(signer, claims(app.clock.nowMs, changes));

describe('on the wire', () => {
  test('one good token passes, whatever the case of the names', async () => {
    expect((await get([`AUTHORIZATION: bearer ${await valid()}`])).status).toBe(200);
  });

  test.each([
    ['good, then bad', async () => [`authorization: Bearer ${await valid()}`, 'authorization: Bearer x']],
    ['bad, then good', async () => ['authorization: Bearer x', `authorization: Bearer ${await valid()}`]],
    [
      'the same twice',
      async () => {
        const token = await valid();
        return [`authorization: Bearer ${token}`, `Authorization: Bearer ${token}`];
      },
    ],
  ])('two Authorization headers are refused: %s', async (_what, headers) => {
    const answer = await get(await headers());
    expect(answer.status).toBe(401);
    expect(answer.text.toLowerCase()).toContain('www-authenticate: bearer realm="lornu"');
  });

  test('a token of more than 8 KB gets 431, in the shape of every error', async () => {
    const answer = await get([`authorization: Bearer ${await valid({ filler: 'x'.repeat(6500) })}`]);
    expect(answer.status).toBe(431);
    expect(answer.text).toEndWith('{"detail":"The request headers are too large"}');
    expect(answer.text).not.toContain('xxxx');
  });

  test('a token just below 8 KB passes', async () => {
    const token = await valid({ filler: 'x'.repeat(5400) });
    expect(token.length).toBeLessThan(8192);
    expect((await get([`authorization: Bearer ${token}`])).status).toBe(200);
  });

  test('headers of more than 16 KB get 431, and the service keeps working', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `x-filler-${i}: ${'y'.repeat(1000)}`);
    const answer = await get([...many, `authorization: Bearer ${await valid()}`]);
    expect([400, 413, 431]).toContain(answer.status);
    expect((await get([`authorization: Bearer ${await valid()}`])).status).toBe(200);
  });

  test('a line break inside a header does not smuggle in a second one', async () => {
    const answer = await get([`authorization: Bearer x\r\n authorization: Bearer ${await valid()}`]);
    expect([400, 401]).toContain(answer.status);
  });

  test('a WebSocket without a caller is refused before it opens', async () => {
    const answer = await get(
      ['upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='],
      '/run_live?app_name=lornu&user_id=ada&session_id=s1',
    );
    expect(answer.status).toBe(401);
  });

  test('nothing of this is in the log', async () => {
    expect(JSON.stringify(app.logged)).not.toMatch(/eyJ[\w-]{10}/);
  });
});
