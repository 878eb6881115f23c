import { generateAgentCardSignature, AgentCard } from '@a2a-js/sdk';
import { afterEach, describe, expect, test } from 'bun:test';
import { exportJWK, generateKeyPair } from 'jose';
import { ask, cardAt, clientFor, failureOf, peer, stopPeers } from './odd-peer.ts';
import { serveHere } from '../../support/serve-here.ts';

// How our client handles the cards of its peers.

afterEach(stopPeers);

describe('the card', () => {
  test('is loaded once in five minutes, then by its ETag', async () => {
    let nowMs = 0;
    const one = peer({
      card: (url, request) =>
        request.headers.get('if-none-match') === '"v1"'
          ? new Response(null, { status: 304 })
          : Response.json(cardAt(url), { headers: { etag: '"v1"' } }),
    });
    const { client } = clientFor(one.url, { clock: () => nowMs });
    const cards = () => one.asked.filter(({ method }) => method === 'GET');
    await ask(client);
    await ask(client);
    expect(cards()).toHaveLength(1);
    nowMs = 300_000;
    await ask(client);
    await ask(client);
    expect(cards().map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"v1"']);
  });

  test.each([
    ['another host', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['another port', (url: string) => url.replace(/:\d+/, ':1')],
    ['the metadata server', () => 'http://169.254.169.254/computeMetadata/v1/'],
    ["the task's credentials", () => 'http://169.254.170.2/v2/credentials/x'],
    ['a private address', () => 'https://10.0.0.1/'],
    ['a file', () => 'file:///etc/passwd'],
    ['credentials in it', (url: string) => url.replace('://', '://user:secret@')],
    ['no address', () => ''],
  ])('that names %s is not the card of this peer: nothing is called', async (_name, other) => {
    for (const place of [0, 1]) {
      const one = peer({
        card: (url) => {
          const interfaces = [
            { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
            { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
          ].map((entry, index) => (index === place ? { ...entry, url: other(url) } : entry));
          return cardAt(url, { supportedInterfaces: interfaces });
        },
      });
      expect(await failureOf(ask(clientFor(one.url).client))).toBe('untrusted');
      expect(one.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
    }
  });

  test.each([
    ['no JSON', () => new Response('<html>')],
    ['a list', () => []],
    ['no interface', () => cardAt('', { supportedInterfaces: [] })],
    ['interfaces that are no list', (url: string) => cardAt(url, { supportedInterfaces: 'here' })],
    [
      'a version that is not spoken',
      (url: string) =>
        cardAt(url, { supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '2.0' }] }),
    ],
    [
      'a binding that is not spoken',
      (url: string) =>
        cardAt(url, { supportedInterfaces: [{ url, protocolBinding: 'GRPC', protocolVersion: '1.0' }] }),
    ],
    ['a megabyte', (url: string) => cardAt(url, { description: 'x'.repeat(1_000_000) })],
  ])('of %s is refused', async (_name, card) => {
    const { client } = clientFor(peer({ card }).url, { limits: { answerBytes: 4_000_000 } });
    expect(await failureOf(ask(client))).toBe('untrusted');
  });

  test('of 1.0 with a patch number is accepted', async () => {
    const one = peer({
      card: (url) =>
        cardAt(url, { supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0.1' }] }),
    });
    expect((await ask(clientFor(one.url).client)).text).toBe('hello');
  });
});

describe('if keys are configured', () => {
  async function signedBy(kid: string, jku?: string) {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const sign = generateAgentCardSignature(privateKey, {
      alg: 'ES256',
      kid,
      typ: 'JOSE',
      ...(jku ? { jku } : {}),
    });
    const card = async (url: string) => AgentCard.toJSON(await sign(AgentCard.fromJSON(cardAt(url))));
    return { key: { ...(await exportJWK(publicKey)), kid }, card };
  }

  test('a card signed with one of them is accepted, and a changed one is refused', async () => {
    const { key, card } = await signedBy('k1');
    let change = {};
    let signed: object = {};
    const one = peer({ card: () => ({ ...signed, ...change }) });
    signed = (await card(one.url)) as object;
    expect((await ask(clientFor(one.url, { cardKeys: [key] }).client)).text).toBe('hello');
    change = { description: 'Another one.' };
    expect(await failureOf(ask(clientFor(one.url, { cardKeys: [key] }).client))).toBe('untrusted');
  });

  test("no signature, another key's, and one that brings its own key are refused; nobody fetches that key", async () => {
    const trusted = await signedBy('k1');
    let jwksAsked = 0;
    const jwks = serveHere(() => {
      jwksAsked++;
      return Response.json({ keys: [] });
    });
    for (const stranger of [undefined, await signedBy('k1'), await signedBy('k2', jwks.url.href)]) {
      let card: unknown;
      const one = peer({ card: () => card });
      card = stranger ? await stranger.card(one.url) : cardAt(one.url);
      const { client } = clientFor(one.url, { cardKeys: [trusted.key] });
      expect(await failureOf(ask(client))).toBe('untrusted');
    }
    await jwks.stop(true);
    expect(jwksAsked).toBe(0);
  });
});

test('each probe of the peer revalidates its card by ETag', async () => {
  let isUp = true;
  const one = peer({
    card: (url, request) => {
      if (!isUp) return new Response(null, { status: 503 });
      return request.headers.has('if-none-match')
        ? new Response(null, { status: 304 })
        : Response.json(cardAt(url), { headers: { etag: '"v1"' } });
    },
  });
  const { client } = clientFor(one.url);
  await ask(client);
  await client.probe();
  expect(one.asked.filter(({ method }) => method === 'GET')).toHaveLength(2);
  isUp = false;
  expect(await failureOf(client.probe())).toBe('away');
  // A question may use the cached card: only the probe for /ready revalidates it.
  expect((await ask(client)).text).toBe('hello');
  isUp = true;
  await client.probe();
});
