import { ALL_PORTS, type Network, type Route } from './network.ts';

interface BrokenNetwork {
  /** Breaks a copy of the sound network. */
  breakIt: (network: Network) => void;
  /** Ids of the statements that must fail then. */
  fails: string[];
}

function find<T extends { id: string }>(list: readonly T[], id: string): T {
  const found = list.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

const routeOut = (network: Network, tableId: string): Route =>
  find(network.routeTables, tableId).routes.find((route) => route.destination === '0.0.0.0/0') as Route;
const WAYS_OUT = ['tasks-ecr.api', 'tasks-ecr.dkr', 'tasks-google', 'tasks-logs'];

/** Ways in which the sound network can be broken, and what has to be noticed. */
export const BROKEN_NETWORKS: Readonly<Record<string, BrokenNetwork>> = {
  'the private route to the NAT gateway is gone': {
    breakIt: (network) => {
      const table = find(network.routeTables, 'rtb-private');
      table.routes = table.routes.filter((route) => route.target !== 'nat-1');
    },
    fails: WAYS_OUT,
  },
  'the private route leads into a blackhole': {
    breakIt: (network) => (routeOut(network, 'rtb-private').active = false),
    fails: WAYS_OUT,
  },
  'the NAT gateway stands in a private subnet': {
    breakIt: (network) => (find(network.natGateways, 'nat-1').subnetId = 'subnet-private-a'),
    fails: WAYS_OUT,
  },
  'the NAT gateway has no address': {
    breakIt: (network) => (find(network.natGateways, 'nat-1').publicAddress = undefined),
    fails: WAYS_OUT,
  },
  'the public route to the internet gateway is gone': {
    breakIt: (network) => {
      const table = find(network.routeTables, 'rtb-public');
      table.routes = table.routes.filter((route) => route.target === 'local');
    },
    fails: ['internet-load-balancer', ...WAYS_OUT],
  },
  'the internet gateway is detached': {
    breakIt: (network) => (network.internetGateways = []),
    fails: ['internet-load-balancer', ...WAYS_OUT],
  },
  'the private subnets got the public route table': {
    breakIt: (network) => (find(network.subnets, 'subnet-private-b').routeTableId = 'rtb-public'),
    fails: ['tasks-s3', ...WAYS_OUT],
  },
  'tasks run in public subnets with public addresses and an open group': {
    breakIt: (network) => {
      network.service.subnetIds = ['subnet-public-a', 'subnet-public-b'];
      network.service.publicAddress = true;
      find(network.securityGroups, 'sg-tasks').ingress.push({
        protocol: 'tcp',
        ports: { from: 8080, to: 8080 },
        peer: { cidr: '0.0.0.0/0' },
      });
    },
    fails: ['internet-tasks', 'only-load-balancer', 'strangers-tasks'],
  },
  'tasks run in public subnets without public addresses': {
    breakIt: (network) => (network.service.subnetIds = ['subnet-public-a', 'subnet-public-b']),
    fails: ['tasks-s3', ...WAYS_OUT],
  },
  'one zone of the load balancer is private': {
    breakIt: (network) => (network.loadBalancer.subnetIds = ['subnet-public-a', 'subnet-private-b']),
    fails: ['internet-load-balancer'],
  },
  'the load balancer is internal': {
    breakIt: (network) => (network.loadBalancer.internetFacing = false),
    fails: ['internet-load-balancer'],
  },
  'nothing listens on 80': {
    breakIt: (network) => (network.loadBalancer.listeners = network.loadBalancer.listeners.slice(1)),
    fails: ['internet-load-balancer'],
  },
  "the load balancer's group is open on every port": {
    breakIt: (network) =>
      find(network.securityGroups, 'sg-alb').ingress.push({
        protocol: '-1',
        ports: ALL_PORTS,
        peer: { cidr: '0.0.0.0/0' },
      }),
    fails: ['internet-load-balancer', 'internet-load-balancer-groups'],
  },
  'the mutual TLS port is open to everybody': {
    breakIt: (network) => {
      const rule = find(network.securityGroups, 'sg-alb').ingress[2];
      if (rule) rule.peer = { cidr: '0.0.0.0/0' };
    },
    fails: ['internet-load-balancer', 'internet-load-balancer-groups'],
  },
  "the tasks' group lets a half of the internet in": {
    breakIt: (network) =>
      find(network.securityGroups, 'sg-tasks').ingress.push({
        protocol: 'tcp',
        ports: { from: 22, to: 22 },
        peer: { cidr: '0.0.0.0/1' },
      }),
    fails: ['only-load-balancer', 'strangers-tasks'],
  },
  "the tasks' group takes the whole VPC": {
    breakIt: (network) =>
      find(network.securityGroups, 'sg-tasks').ingress.push({
        protocol: 'tcp',
        ports: { from: 8080, to: 8080 },
        peer: { cidr: '10.1.0.0/16' },
      }),
    fails: ['only-load-balancer'],
  },
  'the load balancer may reach a range of ports on the tasks': {
    breakIt: (network) => {
      for (const rule of [
        ...find(network.securityGroups, 'sg-alb').egress.slice(0, 1),
        ...find(network.securityGroups, 'sg-tasks').ingress,
      ]) {
        rule.ports = { from: 8000, to: 8999 };
      }
    },
    fails: ['load-balancer-tasks'],
  },
  'the load balancer may not send to the tasks': {
    breakIt: (network) => find(network.securityGroups, 'sg-alb').egress.shift(),
    fails: ['load-balancer-tasks'],
  },
  'tasks may call out on every port': {
    breakIt: (network) => {
      const [rule] = find(network.securityGroups, 'sg-tasks').egress;
      if (rule) rule.protocol = '-1';
    },
    fails: ['tasks-google', 'tasks-s3', 'tasks-udp', ...WAYS_OUT.filter((id) => id !== 'tasks-google')],
  },
  'tasks may send datagrams anywhere': {
    breakIt: (network) => {
      const rule = find(network.securityGroups, 'sg-tasks').egress[1];
      if (rule) rule.peer = { cidr: '0.0.0.0/0' };
    },
    fails: ['tasks-udp'],
  },
  'the endpoint does not let the tasks in': {
    breakIt: (network) => (find(network.securityGroups, 'sg-endpoints').ingress = []),
    fails: ['tasks-secretsmanager'],
  },
  'a network ACL drops the answers': {
    breakIt: (network) => {
      const acl = find(network.networkAcls, 'acl-1');
      const [inbound] = acl.entries;
      if (inbound) inbound.ports = { from: 0, to: 1023 };
      if (inbound) inbound.protocol = 'tcp';
    },
    fails: ['load-balancer-tasks', 'tasks-s3', ...WAYS_OUT],
  },
  'a network ACL denies a stranger on 443 before it allows all': {
    breakIt: (network) =>
      find(network.networkAcls, 'acl-1').entries.push({
        number: 10,
        egress: false,
        protocol: 'tcp',
        ports: { from: 443, to: 443 },
        cidr: '198.51.100.0/24',
        allow: false,
      }),
    fails: ['internet-load-balancer'],
  },
  'the default group lets something through': {
    breakIt: (network) =>
      find(network.securityGroups, 'sg-default').egress.push({
        protocol: '-1',
        ports: ALL_PORTS,
        peer: { cidr: '0.0.0.0/0' },
      }),
    fails: ['default-group'],
  },
};
