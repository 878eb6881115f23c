import { describe, expect, test } from 'bun:test';
import { isAllowedAddress, pinTarget } from '../../../backend/a2a/push/address-guard.ts';
import { PushSender } from '../../../backend/a2a/push/push-sender.ts';
import { silentLog } from '../../../backend/testing/run-bench.ts';
import { createAuthority } from '../../identity/certificates.ts';
import { startWebhook } from './webhook.ts';
import { serveHere } from '../../support/serve-here.ts';

/** Addresses that must never be notified, in every spelling. */
const FORBIDDEN = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://017700000001/',
  'https://0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[2002:7f00:1::]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://[ff02::1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://169.254.170.2/v2/credentials',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.0.1/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://localhost/',
  'https://localhost./',
  'https://private.example/',
  'https://mixed.example/',
  'https://nowhere.example/',
  'http://public.example/',
  'ftp://public.example/',
  'file:///etc/passwd',
  'gopher://public.example/',
  'https://user:password@public.example/',
  'https://public.example:22/',
  'https://public.example:6379/',
  'public.example',
  '',
  `https://public.example/${'x'.repeat(3_000)}`,
];
const NAMES: Record<string, string[]> = {
  'public.example': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  'private.example': ['10.1.2.3'],
  'mixed.example': ['93.184.215.14', '169.254.169.254'],
  localhost: ['127.0.0.1', '::1'],
};
const resolve = async (name: string): Promise<string[]> => NAMES[name] ?? [];

describe('the address of a notification', () => {
  test.each(FORBIDDEN)('not to %p', async (url) => {
    expect(pinTarget(url, 'public', resolve)).rejects.toThrow('The url of the push notification config');
  });

  test.each([
    'https://public.example/hook',
    'https://public.example:8443/',
    'https://93.184.215.14/',
    'https://public.example./',
  ])('to %p', async (url) => {
    expect(await pinTarget(url, 'public', resolve)).toHaveProperty('address');
  });

  test('is checked before every attempt: a name that resolves to an internal address by then is not called', async () => {
    const hook = startWebhook();
    const { port } = new URL(hook.url);
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const rebound = new PushSender({
      targets: 'loopback',
      log: silentLog,
      pausesMs: [],
      resolve: async () => answers.shift() ?? [],
    });
    const notification = {
      owner: 'ann',
      taskId: 't',
      configId: 'c',
      url: `http://rebinding.example:${port}/hook`,
      body: '{}',
      headers: {},
    };
    rebound.send(notification);
    rebound.send(notification);
    await rebound.idle();
    expect([hook.received.length, answers]).toEqual([1, []]);
    expect(hook.received[0]?.headers['host']).toBe(`rebinding.example:${port}`);
    await hook.stop();
  });

  test('over TLS must present a certificate for the requested name at the pinned address', async () => {
    const authority = await createAuthority('webhooks');
    const received: string[] = [];
    const deliver = async (certified: string, authorities = authority.certificate): Promise<void> => {
      const { certificate: cert, key } = await authority.issue({
        names: [{ type: 'dns', value: certified }],
      });
      const server = serveHere(
        async (request) => {
          received.push(`${certified} ${request.headers.get('host')?.split(':')[0]} ${await request.text()}`);
          return new Response();
        },
        { tls: { cert, key } },
      );
      const tls = new PushSender({
        targets: 'loopback',
        log: silentLog,
        pausesMs: [],
        resolve: async () => ['127.0.0.1'],
        authorities,
      });
      const url = `https://hook.example:${server.port}/`;
      tls.send({ owner: 'ann', taskId: 't', configId: 'c', url, body: 'told', headers: {} });
      await tls.idle();
      await server.stop(true);
    };
    await deliver('hook.example');
    await deliver('other.example');
    await deliver('hook.example', (await createAuthority('strangers')).certificate);
    expect(received).toEqual(['hook.example hook.example told']);
  });

  test('for trials may be this machine, and nothing else', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1'].map((address) => isAllowedAddress(address, 'loopback'))).toEqual(
      [true, true, true],
    );
    expect(
      ['10.0.0.1', '93.184.215.14', '::ffff:127.0.0.1x', 'localhost'].map((address) =>
        isAllowedAddress(address, 'loopback'),
      ),
    ).toEqual([false, false, false, false]);
  });
});
