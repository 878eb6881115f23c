import type { HealthCheck } from './hosted-zones.ts';
import { INTERNET } from './link-scripts.ts';

/**
 * Route 53's health checks, made by HAProxy from the internet: 2xx and 3xx pass, certificates are not verified, the
 * threshold applies in both directions. `paceFactor` shortens the interval.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export function healthCheckBackends(checks: readonly HealthCheck[], paceFactor: number): string[][] {
  return checks.map(({ id, address, port, hostName, path, tls, intervalS, threshold }) => [
    `backend ${healthBackend(id)}`,
    'mode http',
    'option httpchk',
    `http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host ${hostName} hdr User-Agent Amazon-Route53-Health-Check-Service`,
    'http-check expect status 200-399',
    'timeout check 4s',
    `server checked ${address}:${port} namespace ${INTERNET} check ${tls ? `check-ssl verify none check-sni ${hostName} ` : ''}inter ${Math.round((intervalS * 1000) / paceFactor)}ms fall ${threshold} rise ${threshold}`,
  ]);
}

export function healthBackend(id: string): string {
  return `health_${id}`;
}
