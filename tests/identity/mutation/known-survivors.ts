/**
 * Checks that can be removed without a failing test, by the end of the file's path: why that is acceptable, and parts of
 * the run's descriptions of these changes.
 */
export const KNOWN_SURVIVORS: Readonly<Record<string, readonly [why: string, ...what: string[]][]>> = {
  'certificates/alb-header.ts': [['speed: a missing value could not be read either', 'value === null']],
  'certificates/configured-front.ts': [
    ['tests/identity/service.test.ts starts the service with it; too slow to run for each check', ''],
  ],
  'certificates/mtls-front.ts': [
    [
      'how connections and the listener end, and what is cleaned up; a test would need the same port a second time',
      "once('error'",
      "on('error'",
      "once('close'",
      'sockets.add',
      'socket.destroy()',
      'front.close()',
    ],
    ['a second lock: socket.authorized is checked too', 'rejectUnauthorized'],
    ['a client that speaks HTTP/2 only is refused in the handshake instead of after it', "'http/1.1'"],
    [
      'a listener that listens has an address; the type does not know',
      "typeof address === 'object'",
      'address !== null',
    ],
    ['a second lock behind rejectUnauthorized', '!socket.authorized'],
  ],
  'google/federation.ts': [
    [
      'wording: the library puts the same reason into its message',
      'if (parts.length > 0)',
      "typeof code === 'string'",
    ],
    [
      'wording: the parts of a refusal that operators see',
      "typeof error === 'object'",
      'error !== null',
      "typeof part === 'number'",
    ],
    ['speed: the client keeps its tokens', 'clients.set'],
    ['the library throws before it returns an empty token; the type allows one', 'never: if (!token)'],
  ],
  'google/service-account-key.ts': [
    ['speed: the client keeps its tokens', 'clients.set'],
    ['the library throws before it returns an empty token; the type allows one', 'never: if (!token)'],
  ],
  'identity/callers.ts': [
    [
      'the configuration refuses lists of machines without an audience; the type does not know',
      'without: audience === undefined',
    ],
    [
      'the configuration refuses sign-in without LORNU_PUBLIC_URL; the type does not know',
      'without: publicUrl === undefined',
    ],
  ],
  'identity/identify-caller.ts': [
    ['a bug is rethrown in both cases; it would also be logged as a refusal', 'error instanceof AppError'],
    ['every response of the API gets this header later', "context.header('cache-control', 'no-store')"],
  ],
  'identity/task-secrets.ts': [['speed: a timer over an empty list', 'without: rotating.length === 0']],
  'limits/shared-counts.ts': [
    ['without a store the exchange would fail, and be logged', 'if (!store)'],
    ['tidiness: memory of callers that have left', 'this.#sums.delete(name)', 'this.#open.delete(name)'],
    ['tidiness: at the end of the process', 'clearInterval(this.#timer)', 'this.#timer.unref()'],
    ['a line in the log', 'this.#options.log.warn'],
  ],
  'request-target.ts': [
    ['without a Host header the text "null" is compared, which is a valid host name', 'host !== null'],
  ],
  'sign-in/oidc-client.ts': [
    [
      'an answer without an ID token is refused twice: here, and below where its claims are read',
      'idTokenExpected',
    ],
    [
      'an answer without an ID token is refused twice: here, and above by idTokenExpected',
      'claims === undefined',
    ],
  ],
  'sign-in/person-session.ts': [
    ['speed: a missing value could not be opened either', 'value === undefined'],
    [
      'the length of a cookie; the issuer is trusted and sends a domain here',
      'hd.length <= 253',
      "typeof hd === 'string'",
    ],
  ],
  'sign-in/redemption-limit.ts': [
    [
      'the number of stored addresses; nobody gets in',
      'this.#addresses.delete(address)',
      'this.#addresses.delete(this.#addresses.keys()',
    ],
  ],
  'sign-in/same-origin.ts': [
    ['a set of strings does not contain null; the type does not know', 'origin !== null'],
  ],
  'sign-in/sealed-cookie.ts': [
    ['a second lock: everything is sealed with an expiry', 'requiredClaims'],
    ['a second lock: sealing under another algorithm would need the key', 'Algorithms: ['],
  ],
  'sign-in/sign-in-page.ts': [["the page's words and markup", 'without the entry']],
  'sign-in/sign-in-routes.ts': [
    ['every thrown value is an Error; the type allows anything', 'cause instanceof Error'],
    ['the log line; the refusal itself is tested', "log.warn('sign-in refused: too many at once'"],
    ['an unknown error has no page: it is rethrown in both cases', 'error instanceof AppError'],
  ],
  'task-secrets.ts': [
    ['whether an idle process ends by itself; the service always listens', 'timer.unref()'],
  ],
  'tokens/key-set.ts': [['the same request would begin one line earlier', 'without: held !== undefined']],
  'tokens/token-verifier.ts': [
    ['only bounds the memory', 'this.#remembered.size >= MOST_REMEMBERED'],
    ['only bounds the memory', 'this.#remembered.clear()'],
    ['a race: the keys are loaded again while a signature is checked', 'keys === found.keys.current()'],
    ['no token is verified without keys; the type does not know', 'without: keys'],
    [
      'the issuer was chosen by the same claim of the same token; the option is a second lock',
      'without the option: issuer',
    ],
    [
      'a second lock: the times and the subject are checked again after it',
      'without the option: requiredClaims',
    ],
  ],
};
