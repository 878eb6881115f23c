import type { Theme } from '@lornu/rehearsal/conformance/check.ts';
import type { Action, Balancer, Rule } from '@lornu/rehearsal/load-balancer/balancer.ts';

/** A load balancer that is wrong on purpose, and the ids of the checks that have to fail. */
export interface WrongBalancer {
  name: string;
  change?: (balancer: Balancer) => Balancer;
  /** Changes HAProxy's configuration. */
  rewrite?: (configuration: string) => string;
  tells: readonly string[];
}

/** The ids of checks of one theme. */
export const ids = (theme: Theme, names: string): string[] =>
  names.split(' ').map((name) => `${theme}.${name}`);

const rules =
  (change: (rules: Rule[]) => Rule[]) =>
  (balancer: Balancer): Balancer => ({
    ...balancer,
    listeners: balancer.listeners.map((listener) => ({ ...listener, rules: change(listener.rules) })),
  });
const actions = (change: (action: Action) => Action[]) =>
  rules((all) => all.map((rule) => ({ ...rule, actions: rule.actions.flatMap(change) })));
/** Removes the lines of the configuration that contain one of these words. */
const without =
  (...words: string[]) =>
  (text: string): string =>
    text
      .split('\n')
      .filter((line) => !words.some((word) => line.includes(word)))
      .join('\n');
const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string =>
    text.replaceAll(from, to);

/** The wrong load balancers that the checks find within seconds. */
export const WRONG_BALANCERS: readonly WrongBalancer[] = [
  {
    name: 'rules from the last one to the first',
    change: rules((all) => [
      ...all.filter(({ priority }) => priority !== 'default').toReversed(),
      ...all.filter(({ priority }) => priority === 'default'),
    ]),
    tells: ['rules.lowest-first', 'rules.not-narrowest'],
  },
  {
    name: 'the default rule first',
    change: rules((all) =>
      all.toSorted((a, b) => Number(b.priority === 'default') - Number(a.priority === 'default')),
    ),
    tells: [
      ...ids('rules', 'path-exact star star-empty question forward path-without-query'),
      ...ids('answers', 'text json html empty post no-target'),
    ],
  },
  {
    name: 'no default rule',
    change: rules((all) =>
      all.filter(({ priority, actions: [action] }) => priority !== 'default' || action?.type === 'redirect'),
    ),
    tells: ['rules.default-last'],
  },
  {
    name: 'paths in any case, as a part, with anything for ?',
    rewrite: (text) =>
      replace(
        'path -m reg',
        'path -m reg -i',
      )(text)
        .replaceAll(/'\^(\/case\/Exact)\$'/g, "'$1'")
        .replaceAll('one.$', 'one.*$'),
    tells: ids('rules', 'path-case path-whole question-none question-two'),
  },
  {
    name: 'paths with their query',
    rewrite: replace(' path -m reg', ' pathq -m reg'),
    tells: ['rules.path-without-query'],
  },
  {
    name: 'hosts and headers by case',
    rewrite: replace('-m reg -i', '-m reg'),
    tells: ['rules.host-case', 'rules.header-value-case'],
  },
  {
    name: 'only the first value of a condition',
    change: rules((all) =>
      all.map((rule) => ({
        ...rule,
        conditions: rule.conditions.map((one) => ({ ...one, values: one.values.slice(0, 1) })),
      })),
    ),
    tells: ['rules.host-second', 'rules.header-wildcard', 'rules.method'],
  },
  {
    name: 'one condition is enough',
    change: rules((all) => all.map((rule) => ({ ...rule, conditions: rule.conditions.slice(0, 1) }))),
    tells: ids('rules', 'header-both header-whole host-other method-other source-connection'),
  },
  {
    name: 'a rule without its path',
    change: rules((all) =>
      all.map((rule) => ({
        ...rule,
        conditions: rule.conditions.length > 1 ? rule.conditions.slice(1) : rule.conditions,
      })),
    ),
    tells: ['rules.path-and-method'],
  },
  {
    name: 'no header conditions',
    rewrite: replace(/req\.fhdr\(X-Color\) -m reg -i .*/g, 'req.fhdr(X-Color) -m str none'),
    tells: ['rules.header-name-case', 'rules.header-value-case', 'rules.header-wildcard'],
  },
  {
    name: 'sources from X-Forwarded-For',
    rewrite: replace(/ src (\d)/g, ' req.hdr_ip(x-forwarded-for) $1'),
    tells: ['rules.source-connection', 'rules.source-range'],
  },
  {
    name: 'other answers and redirects',
    change: actions((action) => {
      if (action.type === 'fixed-response')
        return [
          {
            ...action,
            status: action.status === 200 ? 201 : 500,
            contentType: 'text/css',
            body: `${action.body}.`,
          },
        ];
      return action.type === 'redirect'
        ? [{ ...action, status: action.status === 301 ? 302 : 301, path: '/', query: '' }]
        : [action];
    }),
    tells: ids(
      'answers',
      'text json html empty post to-tls to-tls-host-port host path query port temporary permanent post-too',
    ),
  },
  {
    name: 'no tokens',
    change: actions((action) => (action.type === 'jwt-validation' ? [] : [action])),
    tells: ids(
      'tokens',
      'none basic nonsense empty foreign-key unknown-key-id changed unsigned rs512 es256 before-action spaced-part',
    ),
  },
  {
    name: 'no signatures',
    rewrite: without('!{ var(txn.signed)'),
    tells: ['tokens.foreign-key', 'tokens.unknown-key-id', 'tokens.changed'],
  },
  {
    name: 'any issuer',
    rewrite: without("'$.iss'"),
    tells: ['tokens.no-issuer', 'tokens.other-issuer', 'tokens.issuer-whole'],
  },
  {
    name: 'no times',
    rewrite: without(
      '{ var(txn.exp) -m found }',
      '{ var(txn.exp),sub',
      'var(txn.nbf),sub',
      'var(txn.iat),sub',
    ),
    tells: ids('tokens', 'no-end expired not-yet future'),
  },
  {
    name: 'times that have to be there',
    rewrite: replace(
      /if (\{ var\(txn\.rule\) -m str \d+ \}) \{ var\(txn\.(nbf|iat)\) -m found \}.*/g,
      'if $1 !{ var(txn.$2) -m found }',
    ),
    tells: ['tokens.no-iat'],
  },
  {
    name: 'no additional claims',
    change: actions((action) => (action.type === 'jwt-validation' ? [{ ...action, claims: [] }] : [action])),
    tells: ['tokens.no-audience', 'tokens.other-audience', 'tokens.spaced-part'],
  },
  {
    name: 'only the first value of a claim',
    change: actions((action) =>
      action.type === 'jwt-validation'
        ? [
            {
              ...action,
              claims: action.claims.map((claim) => ({ ...claim, values: claim.values.slice(1, 2) })),
            },
          ]
        : [action],
    ),
    tells: ['tokens.valid', 'tokens.unchanged', 'tokens.spaced'],
  },
  {
    name: 'nobody gets through with a token',
    rewrite: replace('{ var(txn.alg) -m str RS256 }', '{ var(txn.alg) -m str none }'),
    tells: ids('tokens', 'valid begun second-value no-additional no-iat spaced'),
  },
  {
    name: 'any algorithm, without a look at the signature',
    rewrite: without('!{ var(txn.alg)', '!{ var(txn.signed)'),
    tells: ['tokens.rs512', 'tokens.es256', 'tokens.unsigned'],
  },
  {
    name: 'no certificates of clients',
    rewrite: replace(/ ca-file \S+ verify required/g, ''),
    tells: ids('mutual-tls', 'none foreign subject issuer serial validity validity-value leaf'),
  },
  {
    name: 'certificates of the wrong authority',
    rewrite: replace('peer-authority.pem', 'authority.pem'),
    tells: ['mutual-tls.trusted'],
  },
  {
    name: 'no headers of certificates, and those of clients let through',
    rewrite: without('X-Amzn-Mtls-Clientcert'),
    tells: ids(
      'mutual-tls',
      'all subject issuer serial validity leaf forged-subject forged-issuer forged-leaf',
    ),
  },
  {
    name: 'certificates everywhere',
    rewrite: (text) =>
      text.replaceAll(
        /( alpn h2,http\/1\.1)$/gm,
        `$1 ca-file ${/ca-file (\S+)/.exec(text)?.[1]} verify required`,
      ),
    tells: ['mutual-tls.not-asked'],
  },
  {
    name: 'a leaf that is encoded whole',
    rewrite: replace(/(Clientcert-Leaf .*)base64,/g, '$1base64,url_enc,'),
    tells: ['mutual-tls.leaf-safe'],
  },
  {
    name: 'no headers of the way',
    rewrite: without('X-Forwarded-', 'X-Amzn-Trace-Id', 'option forwardfor'),
    tells: ids(
      'headers',
      'proto port for for-appended proto-forged port-forged trace trace-continued trace-differs trace-self',
    ),
  },
  {
    name: 'another host, method, address and status',
    rewrite: replace(
      'http-request set-header X-Forwarded-Proto',
      'http-request set-header Host other\n  http-request set-method GET if { method PATCH }\n  http-request set-path /other if { path /echo/%7Eb }\n  http-response set-status 500 if { status 418 }\n  http-request set-header X-Forwarded-Proto',
    ),
    tells: ids('headers', 'host method query status'),
  },
  {
    name: 'invalid headers let through, proper ones dropped',
    rewrite: replace("del-header '[^-A-Za-z0-9]'", "del-header '[0-9]'"),
    tells: ['headers.invalid-dropped', 'headers.valid-kept'],
  },
  {
    name: 'nothing is refused beforehand',
    rewrite: without('return status 405', 'return status 463'),
    tells: ['headers.many-addresses', 'headers.trace-method'],
  },
  {
    name: 'a short body',
    rewrite: replace(
      'http-request set-header X-Forwarded-Proto',
      'http-request deny deny_status 413 if { req.body_size gt 100000 }\n  http-request set-header X-Forwarded-Proto',
    ),
    tells: ['headers.body'],
  },
  {
    name: 'no idle timeout',
    change: (balancer) => ({ ...balancer, idleTimeoutS: 600 }),
    tells: ['idle.silent-response', 'idle.no-answer', 'idle.silent-head'],
  },
  {
    name: 'an idle timeout of a second',
    change: (balancer) => ({ ...balancer, idleTimeoutS: 1 }),
    tells: ids('idle', 'not-before any-byte late-answer slow-upload'),
  },
];
