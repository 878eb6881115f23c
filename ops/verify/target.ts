/** The real address behind a port of the public name: a rehearsal's load balancer listens on loopback. */
export interface Address {
  host: string;
  port: number;
}

/** An environment to verify, and how to reach it from here. */
export interface Target {
  /** Its public address, https. */
  url: URL;
  /** Like curl's --connect-to: real addresses for HTTPS and HTTP of that name; undefined uses DNS. */
  connect?: { https: Address; http?: Address };
  /** PEM of the CA that signed the load balancer's certificate, if the system does not trust it. */
  authority?: string;
  /** A token of a machine that may act for users (service_emails); without it, checks that need one are skipped. */
  token?: string;
  /** Tokens that must be refused, by what is wrong with them; more are derived from `token`. */
  refusedTokens?: Readonly<Record<string, string>>;
  /** The agent to call. */
  appName: string;
  signal: AbortSignal;
}

export interface Asking {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Omits the target's token. */
  anonymous?: boolean;
  /** Plain HTTP on port 80. */
  plain?: boolean;
  /** Time limit of the whole response, in milliseconds; streams set a longer one. */
  withinMs?: number;
  signal?: AbortSignal;
}

const ANSWER_MS = 20_000;

/** The address for a request to this path; undefined if plain HTTP cannot be reached. */
export function addressOf(target: Target, path: string, plain = false): URL | undefined {
  const { connect, url } = target;
  const at = plain ? connect?.http : connect?.https;
  if (at) return new URL(path, `${plain ? 'http' : 'https'}://${at.host}:${at.port}`);
  if (!plain) return new URL(path, url.origin);
  // With a custom port, the redirect's own port is unknown.
  return url.port || connect || url.protocol === 'http:' ? undefined : new URL(path, `http://${url.host}`);
}

/** One request on a new connection, so that each may reach another task; redirects are returned, not followed. */
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

/** The beginning of a body, for messages. */
export async function excerpt(response: Response, length = 120): Promise<string> {
  const text = (await response.text()).replaceAll(/\s+/g, ' ').trim();
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
