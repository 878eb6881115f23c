import type { Action, Balancer, Rule } from '@lornu/rehearsal/load-balancer/balancer.ts';
import { AGENT_GROUP, HOST } from './kit.ts';

export const GROUP = AGENT_GROUP.arn;
const STORE = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:truststore/peers/0123456789abcdef';
/** The address of the issuer's keys. */
export const KEYS = 'https://keys.lornu.example/certs';
export const ISSUER = 'https://accounts.google.com';
export const POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06';
export const forward: Action = { type: 'forward', targetGroupArn: GROUP };
/** Redirects to the same place over HTTPS. */
export const TO_HTTPS: Action = {
  type: 'redirect',
  protocol: 'HTTPS',
  host: '#{host}',
  port: '443',
  path: '/#{path}',
  query: '#{query}',
  status: 301,
};
const checkToken: Action = {
  type: 'jwt-validation',
  issuer: ISSUER,
  jwksEndpoint: KEYS,
  claims: [
    { name: 'aud', format: 'single-string', values: [`https://${HOST}`] },
    {
      name: 'email',
      format: 'single-string',
      values: ['peer@project.iam.gserviceaccount.com', 'other@x.y'],
    },
  ],
};
export const fixed = (status: number, detail: string): Action => ({
  type: 'fixed-response',
  status,
  contentType: 'application/json',
  body: JSON.stringify({ detail }),
});
const rules: Rule[] = [
  {
    priority: 1,
    conditions: [{ field: 'http-header', name: 'X-Amzn-Mtls-Clientcert', values: ['*'] }],
    actions: [fixed(400, "It's 100% forged")],
  },
  {
    priority: 10,
    conditions: [
      { field: 'path-pattern', values: ['/health'] },
      { field: 'http-request-method', values: ['GET', 'HEAD'] },
    ],
    actions: [forward],
  },
  {
    priority: 20,
    conditions: [{ field: 'path-pattern', values: ['/a2a/*/card.json', '/one?'] }],
    actions: [forward],
  },
  {
    priority: 30,
    conditions: [{ field: 'path-pattern', values: ['/a2a', '/a2a/*'] }],
    actions: [checkToken, forward],
  },
  {
    priority: 40,
    conditions: [{ field: 'http-header', name: 'Authorization', values: ['Bearer *'] }],
    actions: [checkToken, forward],
  },
  {
    priority: 50,
    conditions: [{ field: 'host-header', values: ['*.other.example'] }],
    actions: [fixed(404, 'other')],
  },
  {
    priority: 60,
    conditions: [{ field: 'source-ip', values: ['192.0.2.0/24'] }],
    actions: [fixed(403, 'from there')],
  },
  { priority: 100, conditions: [{ field: 'path-pattern', values: ['/open/*'] }], actions: [forward] },
  { priority: 'default', conditions: [], actions: [fixed(401, 'Not signed in')] },
];
/** A load balancer with every kind of rule and action that terraform/aws uses. */
export const SAMPLE_BALANCER: Balancer = {
  idleTimeoutS: 2,
  clientKeepAliveS: 1,
  dropInvalidHeaders: true,
  http2: true,
  targetGroups: [AGENT_GROUP],
  listeners: [
    {
      port: 80,
      protocol: 'HTTP',
      sslPolicy: undefined,
      mutualTls: { mode: 'off' },
      rules: [{ priority: 'default', conditions: [], actions: [TO_HTTPS] }],
    },
    { port: 443, protocol: 'HTTPS', sslPolicy: POLICY, mutualTls: { mode: 'off' }, rules },
    {
      port: 8443,
      protocol: 'HTTPS',
      sslPolicy: POLICY,
      mutualTls: { mode: 'verify', trustStoreArn: STORE },
      rules: [{ priority: 'default', conditions: [], actions: [forward] }],
    },
  ],
};
