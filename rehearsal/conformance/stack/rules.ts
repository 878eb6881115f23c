import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';

/** The host name of the certificate and of the requests. */
export const HOST = 'conformance.lornu.example';
export const ISSUER = 'https://issuer.lornu.example';
export const AUDIENCE = `https://${HOST}`;

/**
 * Services of the probe stack, each with a target group and a cluster of its own, so that their scenes can run at the
 * same time.
 */
export const SERVICES = ['rolling', 'breaking', 'baking', 'first'] as const;
export type ServiceName = (typeof SERVICES)[number];
/** The target groups in which checks register probes. */
export const GROUPS = ['steady', 'second', 'health', 'drain', 'empty', ...SERVICES] as const;
export type GroupName = (typeof GROUPS)[number];

export interface WantedRule {
  priority: number;
  conditions: RuleCondition[];
  actions: Action[];
}

/** The header that selects the target group of a request. */
export const GROUP_HEADER = 'X-Probe-Group';

const path = (...Values: string[]): RuleCondition => ({
  Field: 'path-pattern',
  PathPatternConfig: { Values },
});
const header = (HttpHeaderName: string, ...Values: string[]): RuleCondition => ({
  Field: 'http-header',
  HttpHeaderConfig: { HttpHeaderName, Values },
});
const host = (...Values: string[]): RuleCondition => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const method = (...Values: string[]): RuleCondition => ({
  Field: 'http-request-method',
  HttpRequestMethodConfig: { Values },
});
const source = (...Values: string[]): RuleCondition => ({
  Field: 'source-ip',
  SourceIpConfig: { Values },
});
export const answer = (StatusCode: string, MessageBody?: string, ContentType = 'text/plain'): Action => ({
  Type: 'fixed-response',
  Order: 1,
  FixedResponseConfig: { StatusCode, ContentType, ...(MessageBody === undefined ? {} : { MessageBody }) },
});
const redirect = (RedirectConfig: Action['RedirectConfig']): Action => ({
  Type: 'redirect',
  Order: 1,
  RedirectConfig: RedirectConfig,
});

/** The rules of the TLS listener, in the order of creation. Their priorities have another order on purpose. */
export function tlsRules(forward: (group: GroupName) => Action, jwksUrl: string): WantedRule[] {
  const validate = (
    claims: { Name: string; Format: 'single-string' | 'space-separated-values'; Values: string[] }[],
  ): Action => ({
    Type: 'jwt-validation',
    Order: 1,
    JwtValidationConfig: {
      JwksEndpoint: jwksUrl,
      Issuer: ISSUER,
      ...(claims.length > 0 ? { AdditionalClaims: claims } : {}),
    },
  });
  const then = (action: Action): Action => ({ ...action, Order: 2 });
  const audience = { Name: 'aud', Format: 'single-string' as const, Values: [AUDIENCE, 'second'] };
  const scope = { Name: 'scope', Format: 'space-separated-values' as const, Values: ['read', 'write'] };
  const rows: [number, RuleCondition[], Action | Action[]][] = [
    ...GROUPS.map((name, index): [number, RuleCondition[], Action] => [
      index + 1,
      [header(GROUP_HEADER, name)],
      forward(name),
    ]),
    [60, [path('/order/*')], answer('200', 'late')],
    [50, [path('/order/*')], answer('200', 'early')],
    [61, [path('/order/narrow')], answer('200', 'narrow')],
    [70, [path('/case/Exact')], answer('200', 'exact')],
    [71, [path('/wild/*/end', '/wild/one?')], answer('200', 'wild')],
    [72, [path('/host'), host('*.other.example', 'exact.example')], answer('200', 'host')],
    [73, [path('/color'), header('X-Color', 'blue', 'Deep*')], answer('200', 'color')],
    [74, [path('/both'), header('X-One', '1'), header('X-Two', '2')], answer('200', 'both')],
    [75, [path('/method'), method('PUT', 'PATCH')], answer('200', 'method')],
    [76, [path('/source'), source('192.0.2.0/24')], answer('403', 'from there')],
    [77, [path('/source'), source('0.0.0.0/1', '128.0.0.0/1')], answer('200', 'from somewhere')],
    [80, [path('/answer/json')], answer('404', '{"detail":"It\'s 100% gone"}', 'application/json')],
    [81, [path('/answer/503')], answer('503', 'busy')],
    [82, [path('/answer/empty')], answer('204')],
    [83, [path('/answer/html')], answer('200', '<p>hello</p>', 'text/html')],
    [84, [path('/move/host')], redirect({ Host: 'elsewhere.example', StatusCode: 'HTTP_301' })],
    [85, [path('/move/path')], redirect({ Path: '/new/#{path}', StatusCode: 'HTTP_302' })],
    [
      86,
      [path('/move/query')],
      redirect({ Path: '/moved', Query: '#{query}&more=1', StatusCode: 'HTTP_301' }),
    ],
    [87, [path('/move/port')], redirect({ Port: '8443', StatusCode: 'HTTP_301' })],
    [90, [path('/token')], [validate([audience]), then(forward('steady'))]],
    [91, [path('/token/scope')], [validate([scope]), then(forward('steady'))]],
    [92, [path('/token/bare')], [validate([]), then(forward('steady'))]],
    [93, [path('/token/fixed')], [validate([]), then(answer('200', 'let in'))]],
    [99, [path('/none')], answer('404', 'none')],
  ];
  return rows.map(([priority, conditions, actions]) => ({
    priority,
    conditions,
    actions: Array.isArray(actions) ? actions : [actions],
  }));
}
