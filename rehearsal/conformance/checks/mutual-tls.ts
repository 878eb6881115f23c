import { X509Certificate } from 'node:crypto';
import { theme, type Seen, type Source } from '../check.ts';
import type { Request } from '../ask.ts';
import { PAGES } from '../pages.ts';
import { singleProbes } from '../scenes/single-probes.ts';
import { echoOf } from '../seeing.ts';
import type { World } from '../world.ts';

const verify: Source = {
  page: PAGES.mutualTls,
  means:
    'In mode verify the load balancer authenticates the X.509 certificate of the client when it negotiates the TLS connection.',
};
const header = (means: string): Source => ({ page: PAGES.mutualTls, means });
const NAMES = ['leaf', 'subject', 'issuer', 'serial-number', 'validity'] as const;
const name = (part: string): string => `x-amzn-mtls-clientcert-${part}`;

/** A part of the headers that the target gets for a peer with a certificate of the trust store. */
const reached =
  (pick: (headers: Record<string, string>, own: X509Certificate) => Seen, request: Partial<Request> = {}) =>
  async (world: World): Promise<Seen> => {
    await world.scene(singleProbes);
    const answer = await world.ask(8443, { path: '/echo', ...request }, 'peer');
    return pick(echoOf(answer).headers, new X509Certificate(world.peerCertificate));
  };
/** Whether a client with this certificate gets an answer. */
const answered =
  (certificate: 'peer' | 'foreign' | 'none', listener: 443 | 8443) =>
  async (world: World): Promise<Seen> => {
    await world.scene(singleProbes);
    return (await world.ask(listener, { path: '/echo' }, certificate)).status;
  };
const forged = (part: string) =>
  reached((h) => h[name(part)] === 'forged', { headers: { [`X-Amzn-Mtls-Clientcert-${part}`]: 'forged' } });
const REFUSED = 0;

export const MUTUAL_TLS = theme('mutual-tls', [
  [
    'trusted',
    'a client with a certificate of the trust store is accepted',
    verify,
    200,
    answered('peer', 8443),
  ],
  ['none', 'a client without a certificate is refused', verify, REFUSED, answered('none', 8443)],
  [
    'foreign',
    'a client with a certificate of another authority is refused',
    verify,
    REFUSED,
    answered('foreign', 8443),
  ],
  [
    'not-asked',
    'a listener without mutual TLS asks for no certificate',
    header('Mutual TLS is off by default, and is set for each listener.'),
    200,
    answered('none', 443),
  ],
  [
    'all',
    'the target gets the certificate in five headers',
    header('Mode verify sends Serial-Number, Issuer, Subject, Validity and Leaf.'),
    [...NAMES].toSorted(),
    reached((h) => NAMES.filter((part) => name(part) in h).toSorted()),
  ],
  [
    'subject',
    'the subject is a distinguished name of RFC 2253',
    header('X-Amzn-Mtls-Clientcert-Subject is the RFC2253 string of the subject’s distinguished name.'),
    'CN=peer.lornu.example',
    reached((h) => h[name('subject')] ?? ''),
  ],
  [
    'issuer',
    'the issuer is a distinguished name of RFC 2253',
    header('X-Amzn-Mtls-Clientcert-Issuer is the RFC2253 string of the issuer’s distinguished name.'),
    'CN=Lornu rehearsal peers',
    reached((h) => h[name('issuer')] ?? ''),
  ],
  [
    'serial',
    'the serial number is hexadecimal',
    header(
      'X-Amzn-Mtls-Clientcert-Serial-Number is the serial number of the leaf certificate in hexadecimal.',
    ),
    true,
    reached((h, own) => BigInt(`0x${h[name('serial-number')] ?? '0'}`) === BigInt(`0x${own.serialNumber}`)),
  ],
  [
    'validity',
    'the validity is two timestamps in ISO 8601',
    header('X-Amzn-Mtls-Clientcert-Validity is notBefore and notAfter in ISO8601.'),
    true,
    reached((h) =>
      /^NotBefore=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ;NotAfter=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(
        h[name('validity')] ?? '',
      ),
    ),
  ],
  [
    'validity-value',
    'the validity is that of the certificate',
    header('X-Amzn-Mtls-Clientcert-Validity is notBefore and notAfter in ISO8601.'),
    true,
    reached(
      (h, own) =>
        Date.parse(/NotAfter=(.+)$/.exec(h[name('validity')] ?? '')?.[1] ?? '') === Date.parse(own.validTo),
    ),
  ],
  [
    'leaf',
    'the leaf is the certificate in URL-encoded PEM',
    header(
      'X-Amzn-Mtls-Clientcert-Leaf is the URL-encoded PEM of the leaf certificate, with +, = and / as safe characters.',
    ),
    true,
    reached(
      (h, own) =>
        new X509Certificate(decodeURIComponent(h[name('leaf')] ?? '')).fingerprint256 === own.fingerprint256,
    ),
  ],
  [
    'leaf-safe',
    'the special characters of base64 are not encoded in the leaf',
    header(
      'X-Amzn-Mtls-Clientcert-Leaf is the URL-encoded PEM of the leaf certificate, with +, = and / as safe characters.',
    ),
    false,
    reached((h) => /%2[BbFf]|%3[Dd]/.test(h[name('leaf')] ?? '')),
  ],
  [
    'forged-subject',
    'a subject header from the client does not reach the target',
    header('The load balancer sets the headers itself.'),
    false,
    forged('Subject'.toLowerCase()),
  ],
  [
    'forged-issuer',
    'an issuer header from the client does not reach the target',
    header('The load balancer sets the headers itself.'),
    false,
    forged('issuer'),
  ],
  [
    'forged-leaf',
    'a leaf header from the client does not reach the target',
    header('The load balancer sets the headers itself.'),
    false,
    forged('leaf'),
  ],
]);
