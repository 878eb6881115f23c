import type { Reader } from '../../plan/reader.ts';
import type { Checks } from '../check.ts';
import { regionOf, sameSet } from '../facts.ts';

export const subnets: Checks = {
  // The loss of one zone must leave a load balancer and a task in the other.
  'network/two-zones': ({ staging }, must) => {
    for (const block of ['aws_subnet.public', 'aws_subnet.private']) {
      const zones = staging.all(block).map((subnet) => subnet.text('availability_zone'));
      must(new Set(zones).size === 2, `${block} lies in ${new Set(zones).size} zones, not in two.`);
      must(
        zones.every((zone) => zone.startsWith(regionOf(staging))),
        `${block} has a zone of another region.`,
      );
    }
    // One NAT gateway serves both zones; the load balancer and the tasks must be in the same two.
    const zonesOf = (block: string) => staging.all(block).map((subnet) => subnet.text('availability_zone'));
    must(
      sameSet(zonesOf('aws_subnet.public'), zonesOf('aws_subnet.private')),
      'The load balancer and the tasks are in different zones: traffic crosses zones for nothing.',
    );
  },
  // Subnets that overlap are refused; one outside of the VPC too; a small one runs out of addresses in a deploy.
  'network/ranges': ({ staging }, must) => {
    const vpc = range(staging.one('aws_vpc.staging').text('cidr_block'));
    must(
      vpc.bits === 16 && isPrivate(vpc.from),
      'The VPC is not a private /16: it meets the addresses of others.',
    );
    const ranges = [...staging.all('aws_subnet.public'), ...staging.all('aws_subnet.private')].map(
      (subnet) => ({
        address: subnet.address,
        ...range(subnet.text('cidr_block')),
      }),
    );
    for (const one of ranges) {
      must(one.from >= vpc.from && one.to <= vpc.to, `${one.address} lies outside of the VPC.`);
      must(one.bits === 24, `${one.address} is no /24: changing a range replaces everything in it.`);
      const others = ranges.filter((other) => other !== one);
      must(
        others.every((other) => one.to < other.from || one.from > other.to),
        `${one.address} overlaps another subnet.`,
      );
    }
    // Public ones at 0 and 1, private ones at 10 and 11: allow-lists and peerings of others use these ranges.
    const third = (block: string) =>
      staging.all(block).map((subnet) => subnet.text('cidr_block').split('.')[2] ?? '');
    must(sameSet(third('aws_subnet.public'), ['0', '1']), 'The public subnets have moved.');
    must(sameSet(third('aws_subnet.private'), ['10', '11']), 'The private subnets have moved.');
    must(
      staging.one('aws_vpc.staging').text('cidr_block') === staging.input('vpc_cidr').text('value'),
      'The VPC has another range than was asked for.',
    );
  },
  // A task with a public address would be on the internet, whatever its security group says.
  'network/no-public-addresses': ({ staging }, must) => {
    for (const subnet of staging.ofType('aws_subnet')) {
      must(!subnet.flag('map_public_ip_on_launch'), `${subnet.address} gives out public addresses.`);
    }
  },
  // What lies in another network cannot be reached, or is reached by others.
  'network/one-vpc': ({ staging }, must) => {
    const vpc = staging.id('aws_vpc.staging');
    const inVpc: Reader[] = staging.ofType(
      'aws_subnet',
      'aws_route_table',
      'aws_security_group',
      'aws_default_security_group',
      'aws_internet_gateway',
      'aws_vpc_endpoint',
      'aws_lb_target_group',
      'aws_flow_log',
    );
    for (const one of inVpc) must(one.text('vpc_id') === vpc, `${one.address} lies in another VPC.`);
  },
  // Interface endpoints are found by the public names of services only when the VPC resolves them privately.
  'network/private-names': ({ staging }, must) => {
    const vpc = staging.one('aws_vpc.staging');
    must(vpc.flag('enable_dns_support'), 'The VPC resolves no names.');
    must(vpc.flag('enable_dns_hostnames'), 'Endpoints cannot be reached by name.');
  },
};

function range(cidr: string): { from: number; to: number; bits: number } {
  const [address = '', length = ''] = cidr.split('/');
  const bits = Number(length);
  const from = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { from, to: from + 2 ** (32 - bits) - 1, bits };
}

function isPrivate(address: number): boolean {
  return Math.floor(address / 2 ** 24) === 10;
}
