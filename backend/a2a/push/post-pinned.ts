import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isAllowedAddress, type PinnedTarget, type PushTargets } from './address-guard.ts';

export interface PostOptions {
  body: string;
  headers: Readonly<Record<string, string>>;
  targets: PushTargets;
  /** PEM of the CAs that may sign the receiver's certificate. Default: the system's CAs. */
  authorities?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Bytes of the answer that are read; only the status line matters. */
const MOST_ANSWER_BYTES = 4 * 1024;

/**
 * Posts to the pinned address and resolves with the HTTP status. Does not use fetch, which would resolve the name again
 * and follow redirects. Rejects if the connection fails, goes to another address or times out.
 */
export function postPinned({ url, address }: PinnedTarget, options: PostOptions): Promise<number> {
  const { body, headers, targets, authorities, timeoutMs, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const isTls = url.protocol === 'https:';
  const port = Number(url.port) || (isTls ? 443 : 80);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const socket: Socket = isTls
    ? connectTls({
        host: address,
        port,
        servername: hostname,
        ALPNProtocols: ['http/1.1'],
        ...(authorities ? { ca: authorities } : {}),
      })
    : connectTcp({ host: address, port });
  const fail = (why: string) => {
    reject(new Error(why));
    socket.destroy();
  };
  const timer = setTimeout(() => fail('no answer in time'), timeoutMs);
  const stop = () => fail('the service stops');
  signal.addEventListener('abort', stop, { once: true });

  socket.once(isTls ? 'secureConnect' : 'connect', () => {
    if (!isAllowedAddress(socket.remoteAddress ?? '', targets)) return fail('connected to another address');
    const bytes = Buffer.from(body);
    const lines = [
      `POST ${url.pathname}${url.search} HTTP/1.1`,
      `host: ${url.host}`,
      `content-length: ${bytes.byteLength}`,
      'connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes);
  });
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString('latin1');
    const status = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(answer)?.[1];
    if (status !== undefined) {
      resolve(Number(status));
      socket.destroy();
    } else if (answer.length > MOST_ANSWER_BYTES) fail('the answer is not HTTP');
  });
  socket.on('error', (error) => reject(error));
  socket.on('close', () => reject(new Error('the connection was closed without an answer')));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}
