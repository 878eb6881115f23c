import { expect, test } from 'bun:test';
import { PeerAddress } from './peer-address.ts';

const peer = new PeerAddress('https://peer.example/a2a/lornu/');

test('the card is below the address', () => {
  expect(peer.cardUrl).toBe('https://peer.example/a2a/lornu/.well-known/agent-card.json');
});

test("addresses of the peer's own origin pass, in any spelling", () => {
  for (const own of [
    'https://peer.example/a2a/lornu',
    'https://PEER.example:443/x?y=1',
    'https:/peer.example/x',
    // A backslash ends the host; the rest is the path.
    'https://peer.example\\@evil.example/',
  ])
    expect(peer.check(own)).toStartWith('https://peer.example/');
});

test.each([
  'http://peer.example/a2a/lornu',
  'https://peer.example:8443/',
  'https://peer.example.evil/',
  'https://evil.example/peer.example',
  'https://peer.example@evil.example/',
  'https://user:secret@peer.example/',
  'https://user@peer.example/',
  '//evil.example/',
  '/a2a/lornu',
  '',
  'ftp://peer.example/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:text/plain,x',
  'http://127.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://localhost./',
  'http://169.254.169.254/computeMetadata/v1/',
  'http://169.254.170.2/v2/credentials/x',
  'http://10.0.0.1/',
  'http://100.64.0.1/',
  'http://[fd00::1]/',
  'http://2130706433/',
  'http://0177.0.0.1/',
  'http://0x7f.1/',
  'https://peer.example.:443/',
])('addresses with which a card could redirect our calls are refused: %s', (address) => {
  expect(() => peer.check(address)).toThrow('outside its own');
});

test('http is allowed on this machine, at the configured port only', () => {
  const local = new PeerAddress('http://127.0.0.1:9000/a2a/lornu');
  expect(local.check('http://127.0.0.1:9000/a2a/lornu')).toBe('http://127.0.0.1:9000/a2a/lornu');
  for (const other of ['http://127.0.0.1:9001/', 'http://localhost:9000/', 'https://127.0.0.1:9000/'])
    expect(() => local.check(other)).toThrow('outside its own');
});

test('http to other machines is refused even if the configuration names it', () => {
  expect(() => new PeerAddress('http://peer.example').check('http://peer.example/')).toThrow();
});
