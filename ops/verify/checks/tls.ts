import { connect, type SecureVersion } from 'node:tls';
import { type VerifyCheck, absent, judged, type Verdict } from '../check.ts';
import { addressOf, type Target } from '../target.ts';

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const EXPECTED = 'TLS 1.2 and 1.3 alone, with a trusted certificate';
const HANDSHAKE_MS = 10_000;

/** By TLS version: the reason of the refusal, or undefined if it was accepted. */
export type TlsSeen = Record<string, string | undefined>;

export function judgeTls(seen: TlsSeen): Verdict {
  const accepted = VERSIONS.filter((version) => version in seen && seen[version] === undefined);
  const refused = Object.entries(seen).flatMap(([version, reason]) =>
    reason ? [`${version} (${reason})`] : [],
  );
  return judged(
    accepted.join() === 'TLSv1.2,TLSv1.3',
    EXPECTED,
    `accepted ${accepted.join(', ') || 'none'}; refused ${refused.join(', ') || 'none'}`,
  );
}

export const tls: VerifyCheck = {
  id: 'tls',
  title: 'only current versions of TLS are spoken',
  run: async ({ target }) => {
    if (target.url.protocol !== 'https:') return absent(EXPECTED, 'the address is plain HTTP');
    const seen = await Promise.all(
      VERSIONS.map(async (version) => [version, await handshake(target, version)] as const),
    );
    return judgeTls(Object.fromEntries(seen));
  },
};

/** Offers a single version; returns the reason if the server or the certificate check refuses. */
async function handshake(target: Target, version: SecureVersion): Promise<string | undefined> {
  const address = addressOf(target, '/');
  if (!address) return 'no address';
  return new Promise((resolve) => {
    const socket = connect({
      host: address.hostname,
      port: Number(address.port || 443),
      servername: target.url.hostname,
      minVersion: version,
      maxVersion: version,
      ...(target.authority === undefined ? {} : { ca: target.authority }),
      timeout: HANDSHAKE_MS,
    });
    const end = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('secureConnect', () => end(undefined));
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(reasonOf(error)));
  });
}

/** "protocol version" from ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OpenSSL's full line says no more. */
function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const alert = /ALERT_([A-Z_]+)/.exec(code ?? message)?.[1];
  return alert ? alert.toLowerCase().replaceAll('_', ' ') : message;
}
