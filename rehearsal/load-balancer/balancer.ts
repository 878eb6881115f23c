/** An applied load balancer, reduced to what decides about a request. */
export interface Balancer {
  /** Seconds without a byte after which a connection is closed. */
  idleTimeoutS: number;
  /** Seconds after which a connection ends with its next response. */
  clientKeepAliveS: number;
  dropInvalidHeaders: boolean;
  http2: boolean;
  listeners: Listener[];
  targetGroups: TargetGroup[];
}

export interface Listener {
  port: number;
  protocol: 'HTTP' | 'HTTPS';
  sslPolicy: string | undefined;
  mutualTls: { mode: 'off' } | { mode: 'verify'; trustStoreArn: string };
  /** By priority; the default rule is the last one and has no condition. */
  rules: Rule[];
}

export interface Rule {
  priority: number | 'default';
  /** All of them must match. */
  conditions: Condition[];
  actions: Action[];
}

/** One matching value is enough; * and ? are wildcards where AWS accepts them. */
export type Condition =
  | { field: 'path-pattern'; values: string[] }
  | { field: 'host-header'; values: string[] }
  | { field: 'http-header'; name: string; values: string[] }
  | { field: 'http-request-method'; values: string[] }
  | { field: 'source-ip'; values: string[] };

export type Action =
  | { type: 'jwt-validation'; issuer: string; jwksEndpoint: string; claims: Claim[] }
  | { type: 'forward'; targetGroupArn: string }
  | { type: 'fixed-response'; status: number; contentType: string; body: string }
  | {
      type: 'redirect';
      protocol: string;
      host: string;
      port: string;
      path: string;
      query: string;
      status: number;
    };

export interface Claim {
  name: string;
  format: 'single-string' | 'space-separated-values';
  values: string[];
}

export interface TargetGroup {
  arn: string;
  name: string;
  algorithm: 'round_robin' | 'least_outstanding_requests';
  deregistrationDelayS: number;
  health: {
    path: string;
    /** Such as "200" or "200-299,301". */
    matcher: string;
    intervalS: number;
    timeoutS: number;
    healthyThreshold: number;
    unhealthyThreshold: number;
  };
}
