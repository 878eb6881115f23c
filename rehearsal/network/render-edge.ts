/** A path from a listening address to the server behind it; either may be in a network namespace. */
export interface EdgeWay {
  name: string;
  from: Place;
  /** Terminates TLS, with a certificate for the requested name. */
  tls?: { certificate: string; protocol: 'h2' | 'http/1.1' };
  /** Used in turn. */
  to: readonly (Place & { source?: string })[];
}

interface Place {
  address: string;
  port: number;
  namespace?: string;
}

/** A stream may be silent for this long; clients and servers have their own limits. */
const SILENT = '1h';
const MOST_CONNECTIONS = 5_000;

/**
 * HAProxy's configuration for the border between the rehearsal's network and this machine: stand-ins that listen on
 * loopback get addresses in it, and a port on loopback leads to the load balancer as a client outside reaches it. A
 * table for each path records the callers. `more` are additional blocks of the configuration.
 * https://docs.haproxy.org/2.6/configuration.html#5.1-namespace
 */
export function renderEdge(ways: readonly EdgeWay[], socket: string, more: readonly string[][] = []): string {
  const blocks = [
    [
      'global',
      `stats socket ${socket} mode 600 level admin`,
      `maxconn ${MOST_CONNECTIONS}`,
      'log stdout format raw local0 notice',
    ],
    [
      'defaults',
      'mode tcp',
      'log global',
      'option redispatch',
      'timeout connect 5s',
      `timeout client ${SILENT}`,
      `timeout server ${SILENT}`,
    ],
    ...ways.flatMap(({ name, from, tls, to }) => [
      [
        `frontend ${name}`,
        `bind ${at(from)}${tls ? ` ssl crt ${tls.certificate} alpn ${tls.protocol}` : ''}`,
        'stick-table type ip size 10k expire 1h store conn_cnt',
        'tcp-request connection track-sc0 src',
        `default_backend ${name}`,
      ],
      [
        `backend ${name}`,
        ...to.map(
          (place, index) => `server s${index} ${at(place)}${place.source ? ` source ${place.source}` : ''}`,
        ),
      ],
    ]),
    ...more,
  ];
  return `${blocks.map(([head = '', ...lines]) => [head, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n')}\n`;
}

function at({ address, port, namespace }: Place): string {
  return `${address}:${port}${namespace ? ` namespace ${namespace}` : ''}`;
}
