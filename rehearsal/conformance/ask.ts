import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Place {
  host: string;
  port: number;
  /** If absent, the request uses plain HTTP. */
  tls?: { servername: string; ca: string; cert?: string; key?: string };
}

export interface Request {
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Sends the body in pieces, with this many milliseconds between them. A missing piece is never sent. */
  pieces?: { everyMs: number; parts: readonly string[]; announce: number };
  /** Sends only this beginning of a head, then waits. */
  onlyHead?: string;
  /** Gives up after this time. For requests that only the load balancer ends: a wrong one may never do it. */
  limitMs?: number;
}

export interface Answer {
  /** 0: the connection was refused, or closed without an answer by the load balancer or after the limit. */
  status: number;
  headers: Record<string, string>;
  body: string;
  /** The whole body was received, up to its announced end. */
  whole: boolean;
  elapsedMs: number;
}

const LONGEST_MS = 120_000;
const MOST_BYTES = 4 * 2 ** 20;

/**
 * Sends one HTTP/1.1 request on its own connection, byte for byte as given. fetch() would change header names, retry
 * and reuse connections; these checks need to see exactly what happens on the wire.
 */
export async function askAt(place: Place, request: Request): Promise<Answer> {
  const beganMs = Date.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const socket: Socket = place.tls
    ? connectTls({ host: place.host, port: place.port, ...place.tls, ALPNProtocols: ['http/1.1'] })
    : connectPlain(place.port, place.host);
  const timer = setTimeout(() => socket.destroy(), request.limitMs ?? LONGEST_MS);
  const end = (): void => {
    clearTimeout(timer);
    resolve();
  };
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > MOST_BYTES || isComplete(Buffer.concat(chunks))) {
      end();
      socket.destroy();
    }
  });
  socket.on('error', end);
  socket.on('close', end);
  socket.once(place.tls ? 'secureConnect' : 'connect', () => void send(socket, place, request));
  await promise;
  socket.destroy();
  return { ...parse(Buffer.concat(chunks)), elapsedMs: Date.now() - beganMs };
}

async function send(socket: Socket, place: Place, request: Request): Promise<void> {
  if (request.onlyHead !== undefined) {
    socket.write(request.onlyHead);
    return;
  }
  const { method = 'GET', path, body, pieces } = request;
  const given = request.headers ?? {};
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const length = pieces?.announce ?? (body === undefined ? undefined : Buffer.byteLength(body));
  const headers = {
    ...(names.has('host') ? {} : { Host: place.tls?.servername ?? place.host }),
    Connection: 'close',
    ...(length === undefined ? {} : { 'Content-Length': String(length) }),
    ...given,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body ?? ''}`);
  for (const part of pieces?.parts ?? []) {
    // The pieces have a pause between them on purpose.
    await Bun.sleep(pieces?.everyMs ?? 0);
    if (socket.destroyed) return;
    socket.write(part);
  }
}

function split(bytes: Buffer): { head: string; body: Buffer } | undefined {
  const at = bytes.indexOf('\r\n\r\n');
  return at < 0
    ? undefined
    : { head: bytes.subarray(0, at).toString('latin1'), body: bytes.subarray(at + 4) };
}

function headersOf(head: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

function isComplete(bytes: Buffer): boolean {
  const parts = split(bytes);
  return parts !== undefined && bodyOf(parts.head, parts.body).whole;
}

/** The body without the chunk framing, and whether its end was received. */
function bodyOf(head: string, bytes: Buffer): { body: string; whole: boolean } {
  const headers = headersOf(head);
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length'] ?? Number.NaN);
    return { body: bytes.toString('utf8'), whole: bytes.length >= length };
  }
  let rest = bytes;
  const parts: Buffer[] = [];
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.subarray(0, Math.max(0, line)).toString('latin1'), 16);
    if (line < 0 || Number.isNaN(size) || rest.length < line + 2 + size)
      return { body: Buffer.concat(parts).toString('utf8'), whole: false };
    if (size === 0) return { body: Buffer.concat(parts).toString('utf8'), whole: true };
    parts.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(line + 2 + size + 2);
  }
}

function parse(bytes: Buffer): Omit<Answer, 'elapsedMs'> {
  const parts = split(bytes);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(parts?.head ?? '')?.[1] ?? 0);
  if (!parts || status === 0) return { status: 0, headers: {}, body: '', whole: false };
  return { status, headers: headersOf(parts.head), ...bodyOf(parts.head, parts.body) };
}
