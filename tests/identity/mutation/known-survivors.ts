/** A check that can be removed without a failing test, and why that is acceptable. */
export interface KnownSurvivor {
  /** End of the file's path. */
  file: string;
  /** Part of the run's description of the change. */
  what: string;
  why: string;
}

export const KNOWN_SURVIVORS: readonly KnownSurvivor[] = [
  {
    file: 'tokens/token-verifier.ts',
    what: 'without the option: issuer',
    why: 'the issuer was chosen by the same claim of the same token; the option is a second lock',
  },
  {
    file: 'certificates/alb-header.ts',
    what: 'value === null',
    why: 'speed: what is missing could not be read either',
  },
  ...["once('error'", "on('error'", "once('close'", 'sockets.add', 'socket.destroy()', 'front.close()'].map(
    (what) => ({
      file: 'certificates/mtls-front.ts',
      what,
      why: 'how connections and the listener end, and what is forgotten then; a test would need the same port to come again',
    }),
  ),
  {
    file: 'certificates/mtls-front.ts',
    what: 'rejectUnauthorized',
    why: 'a second lock: socket.authorized is asked as well',
  },
  {
    file: 'certificates/mtls-front.ts',
    what: "'http/1.1'",
    why: 'a client that wants HTTP/2 alone is told so in the handshake instead of after it',
  },
  {
    file: 'certificates/mtls-front.ts',
    what: "typeof address === 'object'",
    why: 'a listener that listens has an address; the type does not know',
  },
  {
    file: 'google/federation.ts',
    what: 'if (parts.length > 0)',
    why: 'wording: the library puts the same reason into its message',
  },
  {
    file: 'google/federation.ts',
    what: "typeof code === 'string'",
    why: 'wording: the library puts the same reason into its message',
  },
  ...["typeof error === 'object'", 'error !== null', "typeof part === 'number'"].map((what) => ({
    file: 'google/federation.ts',
    what,
    why: 'wording: which parts of a refusal are repeated to operators',
  })),
  {
    file: 'sign-in/sealed-cookie.ts',
    what: 'requiredClaims',
    why: 'a second lock: nothing is sealed without an end',
  },
  {
    file: 'sign-in/same-origin.ts',
    what: 'origin !== null',
    why: 'a set of texts does not hold null; the type does not know',
  },
  {
    file: 'tokens/key-set.ts',
    what: 'without: held !== undefined',
    why: 'the same request would be begun one line earlier',
  },
  { file: 'google/federation.ts', what: 'clients.set', why: 'speed: tokens are kept by the client' },
  { file: 'google/service-account-key.ts', what: 'clients.set', why: 'speed: tokens are kept by the client' },
  {
    file: 'certificates/mtls-front.ts',
    what: 'address !== null',
    why: 'a listener that listens has an address; the type does not know',
  },
  {
    file: 'certificates/mtls-front.ts',
    what: '!socket.authorized',
    why: 'a second lock behind rejectUnauthorized',
  },
  {
    file: 'certificates/configured-front.ts',
    what: '',
    why: 'tests/identity/service.test.ts starts the service with it; too slow to run for each check',
  },
  {
    file: 'identity/callers.ts',
    what: 'without: audience === undefined',
    why: 'the configuration refuses lists of machines without an audience; the type does not know',
  },
  {
    file: 'identity/callers.ts',
    what: 'without: publicUrl === undefined',
    why: 'the configuration refuses sign-in without LORNU_PUBLIC_URL; the type does not know',
  },
  {
    file: 'identity/identify-caller.ts',
    what: 'error instanceof AppError',
    why: 'a bug is thrown on either way; it would be logged once more as a refusal',
  },
  {
    file: 'identity/task-secrets.ts',
    what: 'without: rotating.length === 0',
    why: 'speed: a timer over an empty list',
  },
  {
    file: 'sign-in/sign-in-routes.ts',
    what: 'cause instanceof Error',
    why: 'what is thrown is an Error; the type allows anything',
  },
  {
    file: 'sign-in/sealed-cookie.ts',
    what: 'Algorithms: [',
    why: 'a second lock: sealing under another algorithm would need the key',
  },
  {
    file: 'sign-in/oidc-client.ts',
    what: 'idTokenExpected',
    why: 'an answer without an ID token is refused twice: here, and below where its claims are read',
  },
  {
    file: 'sign-in/oidc-client.ts',
    what: 'claims === undefined',
    why: 'an answer without an ID token is refused twice: here, and above by idTokenExpected',
  },
  {
    file: 'sign-in/person-session.ts',
    what: 'value === undefined',
    why: 'speed: what is missing could not be opened either',
  },
  {
    file: 'google/federation.ts',
    what: 'never: if (!token)',
    why: 'the library throws before it gives an empty token; the type allows one',
  },
  {
    file: 'google/service-account-key.ts',
    what: 'never: if (!token)',
    why: 'the library throws before it gives an empty token; the type allows one',
  },
  {
    file: 'limits/caller-limits.ts',
    what: 'store.sweep',
    why: 'tidiness: lapsed places are not counted, swept or not',
  },
  {
    file: 'limits/limit-store.ts',
    what: 'DELETE FROM streams WHERE expires',
    why: 'tidiness: lapsed places are not counted, swept or not',
  },
  {
    file: 'limits/limit-store.ts',
    what: 'PRAGMA',
    why: 'speed, and waiting of processes that meet by chance',
  },
  { file: 'limits/limit-store.ts', what: 'switchToWal', why: 'speed: writers that meet wait less' },
  { file: 'limits/limit-store.ts', what: 'CREATE INDEX', why: 'speed' },
  { file: 'limits/limit-store.ts', what: 'this.#db.close()', why: 'tidiness' },
  {
    file: 'limits/limit-store.ts',
    what: 'if (tries === 100)',
    why: 'a file that stays locked for a second while the service starts',
  },
  { file: 'limits/limit-store.ts', what: 'Bun.sleepSync', why: 'speed: without it the tries follow at once' },
  {
    file: 'task-secrets.ts',
    what: 'timer.unref()',
    why: 'whether a process that has nothing else to do ends by itself; the service always listens',
  },
  {
    file: 'request-target.ts',
    what: 'host !== null',
    why: 'without a Host the text "null" is looked at, which is the name of a host',
  },
  {
    file: 'sign-in/sign-in-page.ts',
    what: 'without the entry',
    why: "the page's words and markup",
  },
  ...['this.#addresses.delete(address)', 'this.#addresses.delete(this.#addresses.keys()'].map((what) => ({
    file: 'sign-in/redemption-limit.ts',
    what,
    why: 'how many addresses are held; it lets nobody in',
  })),
  ...['hd.length <= 253', "typeof hd === 'string'"].map((what) => ({
    file: 'sign-in/person-session.ts',
    what,
    why: 'how long a cookie may get; the issuer, whose word is believed, gives a domain here',
  })),
  {
    file: 'sign-in/sign-in-routes.ts',
    what: "log.warn('sign-in refused: too many at once'",
    why: 'what operators read; the refusal itself is tested',
  },
  {
    file: 'sign-in/sign-in-routes.ts',
    what: 'error instanceof AppError',
    why: 'an error that is none of ours has no page: it is thrown on either way',
  },
  {
    file: 'tokens/token-verifier.ts',
    what: 'without the option: requiredClaims',
    why: 'a second lock: the times and the subject are judged again after it',
  },
  {
    file: 'identity/identify-caller.ts',
    what: "context.header('cache-control', 'no-store')",
    why: 'every answer of the API gets it in the end',
  },
  {
    file: 'limits/limit-store.ts',
    what: 'tries === 100',
    why: 'how long a file that another process writes to is waited for',
  },
];
