/**
 * Everything outside the VPC, at documentation addresses (RFC 5737): Google in 198.51.100.0/24, Google Cloud's agent
 * and its network in 203.0.113.0/24, AWS itself in 192.0.2.0/24.
 */
export const GOOGLE_SERVICES = {
  gemini: { address: '198.51.100.10', names: ['generativelanguage.googleapis.com'] },
  firestore: { address: '198.51.100.11', names: ['firestore.googleapis.com'] },
  storage: { address: '198.51.100.12', names: ['storage.googleapis.com'] },
  google: {
    address: '198.51.100.13',
    names: [
      'accounts.google.com',
      'iamcredentials.googleapis.com',
      'oauth2.googleapis.com',
      'sts.googleapis.com',
      'telemetry.googleapis.com',
      'www.googleapis.com',
    ],
  },
  peer: { address: '203.0.113.10', names: ['gcp-agent.lornu.example'] },
} as const;

export type GoogleService = keyof typeof GOOGLE_SERVICES;

/** AWS's APIs that a task may call, by the last part of their endpoints' names, at the addresses of their public names. */
export const AWS_SERVICES: Readonly<Record<string, string>> = {
  'ecr.api': '192.0.2.131',
  'ecr.dkr': '192.0.2.132',
  logs: '192.0.2.133',
  monitoring: '192.0.2.134',
  secretsmanager: '192.0.2.135',
  sts: '192.0.2.136',
  // In the range of its prefix list.
  s3: '192.0.2.225',
};

/** The public name of a service: `ecr.api` answers at api.ecr.REGION.amazonaws.com. https://docs.aws.amazon.com/general/latest/gr/rande.html */
export function awsName(service: string, region: string): string {
  return [...service.split('.').toReversed(), region, 'amazonaws.com'].join('.');
}

/** Clients on the internet; several, because AWS's firewall counts per address. */
export const CLIENTS = Array.from({ length: 8 }, (_, index) => `198.51.100.${101 + index}`);
/** A client in the peer's network, the only one that may call the port for mutual TLS. */
export const PEER_CLIENT = '203.0.113.20';
/** The DNS resolver of the internet. */
export const PUBLIC_RESOLVER = '198.51.100.53';
/** Public addresses of the load balancer's nodes. AWS chooses them and publishes them only in DNS. */
export const BALANCER_ADDRESSES = ['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14'];

/** Every address in use on the internet. */
export const OUTSIDE_ADDRESSES: readonly string[] = [
  ...Object.values(GOOGLE_SERVICES).map(({ address }) => address),
  ...Object.values(AWS_SERVICES).filter((address) => address !== AWS_SERVICES['s3']),
  ...CLIENTS,
  PEER_CLIENT,
  PUBLIC_RESOLVER,
];

/** Every name outside that needs a certificate. */
export function outsideNames(region: string): string[] {
  return [
    ...Object.values(GOOGLE_SERVICES).flatMap(({ names }) => names),
    ...Object.keys(AWS_SERVICES).map((service) => awsName(service, region)),
  ];
}
