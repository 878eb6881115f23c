import { ALL_PORTS, type Network } from './network.ts';

const EVERYWHERE = '0.0.0.0/0';

/** A network in which every statement holds, shaped like terraform/aws/staging; tests break copies of it. */
export function soundNetwork(): Network {
  const allowAll = (egress: boolean) => ({
    number: 100,
    egress,
    protocol: '-1',
    ports: ALL_PORTS,
    cidr: EVERYWHERE,
    allow: true,
  });
  const local = { destination: '10.1.0.0/16', target: 'local', active: true };
  const subnet = (name: string, cidr: string, zone: string, routeTableId: string) => ({
    id: `subnet-${name}`,
    name,
    cidr,
    zone,
    routeTableId,
    networkAclId: 'acl-1',
  });
  const tcp = (port: number, peer: { cidr: string } | { group: string }) => ({
    protocol: 'tcp',
    ports: { from: port, to: port },
    peer,
  });
  return {
    vpc: { id: 'vpc-1', cidr: '10.1.0.0/16' },
    subnets: [
      subnet('public-a', '10.1.0.0/24', 'us-east-1a', 'rtb-public'),
      subnet('public-b', '10.1.1.0/24', 'us-east-1b', 'rtb-public'),
      subnet('private-a', '10.1.10.0/24', 'us-east-1a', 'rtb-private'),
      subnet('private-b', '10.1.11.0/24', 'us-east-1b', 'rtb-private'),
    ],
    routeTables: [
      { id: 'rtb-public', routes: [local, { destination: EVERYWHERE, target: 'igw-1', active: true }] },
      {
        id: 'rtb-private',
        routes: [
          local,
          { destination: EVERYWHERE, target: 'nat-1', active: true },
          { destination: 'pl-s3', target: 'vpce-s3', active: true },
        ],
      },
    ],
    internetGateways: ['igw-1'],
    natGateways: [
      { id: 'nat-1', subnetId: 'subnet-public-a', available: true, publicAddress: '203.0.113.5' },
    ],
    securityGroups: [
      {
        id: 'sg-alb',
        name: 'alb',
        ingress: [
          tcp(80, { cidr: EVERYWHERE }),
          tcp(443, { cidr: EVERYWHERE }),
          tcp(8443, { cidr: '203.0.113.0/24' }),
        ],
        egress: [tcp(8080, { group: 'sg-tasks' }), tcp(443, { cidr: EVERYWHERE })],
      },
      {
        id: 'sg-tasks',
        name: 'tasks',
        ingress: [tcp(8080, { group: 'sg-alb' })],
        egress: [
          tcp(443, { cidr: EVERYWHERE }),
          { protocol: 'udp', ports: { from: 53, to: 53 }, peer: { cidr: '10.1.0.2/32' } },
        ],
      },
      { id: 'sg-endpoints', name: 'endpoints', ingress: [tcp(443, { group: 'sg-tasks' })], egress: [] },
      { id: 'sg-default', name: 'default', ingress: [], egress: [] },
    ],
    networkAcls: [{ id: 'acl-1', entries: [allowAll(false), allowAll(true)] }],
    endpoints: [
      {
        id: 'vpce-s3',
        kind: 'gateway',
        service: 'com.amazonaws.us-east-1.s3',
        routeTableIds: ['rtb-private'],
        subnetIds: [],
        groupIds: [],
        privateDns: false,
      },
      {
        id: 'vpce-secrets',
        kind: 'interface',
        service: 'com.amazonaws.us-east-1.secretsmanager',
        routeTableIds: [],
        subnetIds: ['subnet-private-a', 'subnet-private-b'],
        groupIds: ['sg-endpoints'],
        privateDns: true,
      },
    ],
    loadBalancer: {
      name: 'alb',
      internetFacing: true,
      subnetIds: ['subnet-public-a', 'subnet-public-b'],
      groupIds: ['sg-alb'],
      listeners: [
        { port: 80, protocol: 'HTTP' },
        { port: 443, protocol: 'HTTPS' },
        { port: 8443, protocol: 'HTTPS' },
      ],
    },
    service: {
      name: 'agent',
      subnetIds: ['subnet-private-a', 'subnet-private-b'],
      groupIds: ['sg-tasks'],
      publicAddress: false,
      containerPort: 8080,
    },
  };
}
