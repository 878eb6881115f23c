/** The real address of a port of the public name: a rehearsal's load balancer listens on loopback. */
export interface Address {
  host: string;
  port: number;
}

/** An environment to verify, as it is reached from here. */
export interface Target {
  /** Its public address, https. */
  url: URL;
  /** As curl's --connect-to: where HTTPS and HTTP of that name are; undefined asks its DNS name. */
  connect?: { https: Address; http?: Address };
  /** PEM of the authority that signed the load balancer's certificate, where the system does not know it. */
  authority?: string;
  /** A token of a machine that may act for users (service_emails); undefined leaves out what needs one. */
  token?: string;
  /** Tokens that must be refused, by what is wrong with them; more are made from `token`. */
  refusedTokens?: Readonly<Record<string, string>>;
  /** The agent that is asked. */
  appName: string;
  signal: AbortSignal;
}

export interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Without the target's token. */
  anonymous?: boolean;
  /** Plain HTTP on port 80. */
  plain?: boolean;
  /** For the whole answer, in milliseconds; a stream names a longer one. */
  withinMs?: number;
  signal?: AbortSignal;
}

const ANSWER_MS = 20_000;

/** The address that a request for this path goes to; undefined where plain HTTP cannot be reached. */
export function addressOf(target: Target, path: string, plain = false): URL | undefined {
  const { connect, url } = target;
  const at = plain ? connect?.http : connect?.https;
  if (at) return new URL(path, `${plain ? 'http' : 'https'}://${at.host}:${at.port}`);
  if (!plain) return new URL(path, url.origin);
  // Who names a port of their own has not said where the redirect listens.
  return url.port || connect || url.protocol === 'http:' ? undefined : new URL(path, `http://${url.host}`);
}

/** One request on a connection of its own, so that each may meet another task; redirects are shown, not followed. */
export async function ask(target: Target, path: string, asking: Asking = {}): Promise<Response> {
  const {
    method = 'GET',
    headers = {},
    body,
    anonymous = false,
    plain = false,
    withinMs = ANSWER_MS,
  } = asking;
  const address = addressOf(target, path, plain);
  if (!address) throw new Error('It is not known where plain HTTP is.');
  const { authority, connect, token } = target;
  return fetch(address, {
    method,
    redirect: 'manual',
    keepalive: false,
    headers: {
      ...(connect ? { host: target.url.host } : {}),
      ...(token !== undefined && !anonymous ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(authority === undefined || plain ? {} : { tls: { ca: authority } }),
    signal: AbortSignal.any([
      target.signal,
      AbortSignal.timeout(withinMs),
      ...(asking.signal ? [asking.signal] : []),
    ]),
  });
}

/** The start of a body, for a person to read. */
export async function excerpt(response: Response, length = 120): Promise<string> {
  const text = (await response.text()).replaceAll(/\s+/g, ' ').trim();
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
