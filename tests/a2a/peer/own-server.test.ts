import { afterAll, expect, test } from 'bun:test';
import { exportPKCS8, generateKeyPair, type JWK } from 'jose';
import { openFixture } from '../server/fixture.ts';
import { HOPS_KEY } from '../../../backend/peer/hops.ts';
import { clientFor } from './odd-peer.ts';

// Our client against our own server: both sides may run the same service.

const fixture = await openFixture();
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const served = fixture.serve({ environment: { A2A_SIGNING_KEY: await exportPKCS8(privateKey) } });
afterAll(() => fixture.close());

test('the answer arrives in chunks, and the card passes its signature check', async () => {
  const { keys } = (await (await fetch(`${served.a2aUrl}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  const pieces: string[] = [];
  const { client } = clientFor(served.a2aUrl, { cardKeys: keys });
  const onText = (text: string): unknown => pieces.push(text);
  // Chunks that come within 50 ms are joined.
  const question = 'hello there in 5 chunks every 60 ms';
  const answer = await client.ask(question, { metadata: { [HOPS_KEY]: 1 }, onText });
  expect(answer.text).toStartWith('You said: hello there');
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.join('')).toBe(answer.text);
});

test('a question with too many hops is refused', async () => {
  const { client } = clientFor(served.a2aUrl);
  const error: unknown = await client
    .ask('hello', { metadata: { [HOPS_KEY]: 2 } })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ failure: 'refused' });
});

test('a confirmation for a person is returned as a question', async () => {
  const { question } = await clientFor(served.a2aUrl).client.ask('forget my notes', { metadata: {} });
  expect(question).toBeString();
});
