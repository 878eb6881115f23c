import type { Action, Balancer, Listener, Rule, TargetGroup } from './balancer.ts';
import { ruleAcls } from './conditions.ts';
import { firewallLines, firewallTables, type Firewall } from './firewall.ts';
import { literal, quote } from './patterns.ts';
import { CERTIFICATE_HEADERS, tlsArguments } from './tls.ts';
import { tokenChecks, type TokenKey } from './token-checks.ts';

/** Each needs two file descriptors, and HAProxy does not start if the machine allows fewer. */
const MOST_CONNECTIONS = 5_000;
/** The Server header in the load balancer's own answers. */
const SERVER = 'awselb/2.0';

/**
 * Requests that the load balancer refuses before any rule: the method TRACE, and X-Forwarded-For with more than 30
 * addresses.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 */
const REFUSED: readonly string[] = [
  `http-request return status 405 hdr Server ${SERVER} if METH_TRACE`,
  `http-request return status 463 hdr Server ${SERVER} if { req.hdr_cnt(x-forwarded-for) gt 30 }`,
];

export interface LocalSettings {
  addresses: readonly string[];
  /** The local port of each listener's port. */
  ports: Readonly<Record<number, number>>;
  /** Certificate and key, in one PEM file. */
  certificate: string;
  /** CAs in PEM by the ARN of the trust store. */
  trustStores: Readonly<Record<string, string>>;
  /** Keys by the address of the key set. */
  tokenKeys: Readonly<Record<string, readonly TokenKey[]>>;
  /** Rules of the firewall before the load balancer; none where it is left out. */
  firewall?: Firewall | undefined;
  /** The socket by which servers are added and observed while HAProxy runs. */
  socket: string;
}

/** HAProxy's configuration for an applied load balancer. Pure; throws for unsupported settings. */
export function renderHaproxy(balancer: Balancer, settings: LocalSettings): string {
  const blocks = [
    [
      'global',
      `stats socket ${quote(settings.socket)} mode 600 level admin`,
      `maxconn ${MOST_CONNECTIONS}`,
      'log stdout format raw local0 notice',
    ],
    [
      'defaults',
      'mode http',
      'log global',
      'option http-keep-alive',
      'option forwardfor',
      'timeout connect 10s',
      // A target that has just died is tried once. HAProxy's default is three times more, for up to 40 s.
      'retries 0',
      // Any byte in either direction restarts it.
      `timeout client ${balancer.idleTimeoutS}s`,
      `timeout server ${balancer.idleTimeoutS}s`,
      `timeout tunnel ${balancer.idleTimeoutS}s`,
      `timeout http-keep-alive ${balancer.idleTimeoutS}s`,
    ],
    ...balancer.listeners.map((listener) => frontend(listener, balancer, settings)),
    ...balancer.targetGroups.map(backend),
    ...(settings.firewall ? firewallTables(settings.firewall) : []),
  ];
  return `${blocks.map(([head = '', ...lines]) => [head, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n')}\n`;
}

function frontend(listener: Listener, balancer: Balancer, settings: LocalSettings): string[] {
  const port = settings.ports[listener.port];
  if (port === undefined) throw new Error(`no local port for listener ${listener.port}`);
  const tls = tlsArguments(listener, settings, balancer.http2);
  const proto = listener.protocol.toLowerCase();
  return [
    `frontend listener_${listener.port}`,
    `bind ${settings.addresses.map((address) => `${address}:${port}`).join(',')} ${tls}`.trimEnd(),
    ...(listener.mutualTls.mode === 'verify' ? CERTIFICATE_HEADERS : []),
    ...(settings.firewall ? firewallLines(settings.firewall) : []),
    ...REFUSED,
    'tcp-request session set-var(sess.beganMs) date(0,ms)',
    // Only for HTTP/1.1, because HAProxy 2.6 does not end HTTP/2 connections for it (it sends no GOAWAY).
    `http-after-response set-header Connection close if { date(0,ms),sub(sess.beganMs) -m int ge ${balancer.clientKeepAliveS * 1000} }`,
    ...listener.rules.flatMap((rule) => chooseRule(rule)),
    ...(balancer.dropInvalidHeaders ? ["http-request del-header '[^-A-Za-z0-9]' -m reg"] : []),
    `http-request set-header X-Forwarded-Proto ${proto}`,
    `http-request set-header X-Forwarded-Port ${listener.port}`,
    // Continues the client's trace. The load balancer adds its own id, and replaces an existing one.
    "http-request replace-header X-Amzn-Trace-Id '^Self=[^;]*;(.*)$' '\\1'",
    'http-request set-var(txn.uuid) uuid()',
    'http-request set-header X-Amzn-Trace-Id Self=1-%[var(txn.uuid),field(1,-)]-%[var(txn.uuid),regsub(-,,g),bytes(0,24)];%[req.fhdr(x-amzn-trace-id)] if { req.fhdr(x-amzn-trace-id) -m found }',
    'http-request set-header X-Amzn-Trace-Id Root=1-%[var(txn.uuid),field(1,-)]-%[var(txn.uuid),regsub(-,,g),bytes(0,24)] if !{ req.fhdr(x-amzn-trace-id) -m found }',
    ...listener.rules.flatMap((rule) =>
      rule.actions.flatMap((action) => act(action, rule, listener, settings)),
    ),
    // After all others, because HAProxy evaluates them last anyway.
    ...listener.rules.flatMap((rule) => rule.actions.flatMap((action) => forwardTo(action, rule))),
  ];
}

/** The first matching rule decides, so its name is stored once and its actions check it. */
function chooseRule(rule: Rule): string[] {
  const { lines, names } = ruleAcls(rule);
  return [
    ...lines,
    `http-request set-var(txn.rule) str(${rule.priority}) if !{ var(txn.rule) -m found } ${names.join(' ')}`.trimEnd(),
  ];
}

function act(action: Action, rule: Rule, listener: Listener, settings: LocalSettings): string[] {
  const when = `{ var(txn.rule) -m str ${rule.priority} }`;
  switch (action.type) {
    case 'jwt-validation': {
      const keys = settings.tokenKeys[action.jwksEndpoint];
      if (!keys) throw new Error(`no keys for ${action.jwksEndpoint}`);
      return tokenChecks(action, keys, when);
    }
    case 'fixed-response': {
      // A response without a body has no type.
      const body =
        action.body === '' ? '' : ` content-type ${quote(action.contentType)} string ${quote(action.body)}`;
      return [`http-request return status ${action.status}${body} hdr Server ${SERVER} if ${when}`];
    }
    case 'redirect':
      return [
        `http-request redirect location ${location(action, listener, settings)} code ${action.status} if ${when}`,
      ];
    case 'forward':
      return [];
  }
}

function forwardTo(action: Action, rule: Rule): string[] {
  if (action.type !== 'forward') return [];
  return [`use_backend ${backendName(action.targetGroupArn)} if { var(txn.rule) -m str ${rule.priority} }`];
}

/**
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html, with the
 * listener's local port.
 */
function location(
  action: Extract<Action, { type: 'redirect' }>,
  listener: Listener,
  settings: LocalSettings,
): string {
  const port = Number(action.port.replace('#{port}', String(listener.port)));
  const fill = (text: string): string =>
    literal(text)
      .replaceAll('#{protocol}', listener.protocol.toLowerCase())
      .replaceAll('#{host}', '%[req.hdr(host),field(1,:)]')
      .replaceAll('/#{path}', '%[path]')
      .replaceAll('#{query}', '%[query]');
  const protocol = fill(action.protocol).toLowerCase();
  const target = `${protocol}://${fill(action.host)}:${settings.ports[port] ?? port}${fill(action.path)}`;
  return `${target}?${fill(action.query)}`;
}

function backend({ arn, algorithm, health }: TargetGroup): string[] {
  return [
    `backend ${backendName(arn)}`,
    `balance ${algorithm === 'least_outstanding_requests' ? 'leastconn' : 'roundrobin'}`,
    'http-reuse safe',
    'option httpchk',
    `http-check send meth GET uri ${quote(health.path)} ver HTTP/1.1 hdr Host target hdr User-Agent ELB-HealthChecker/2.0`,
    `http-check expect status ${health.matcher}`,
    `timeout check ${health.timeoutS}s`,
  ];
}

/** Health check settings of a target; servers that are added later do not inherit them from their backend. */
export function checkSettings({ health }: TargetGroup): string {
  return `check inter ${Math.round(health.intervalS * 1000)}ms rise ${health.healthyThreshold} fall ${health.unhealthyThreshold}`;
}

/** The backend of a target group: the last part of its ARN is unique, whatever its name. */
export function backendName(targetGroupArn: string): string {
  return `group_${targetGroupArn.split('/').at(-1)}`;
}
