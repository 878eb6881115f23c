import type { Checks } from '../check.ts';
import { list, sameSet } from '../facts.ts';

const EVERYWHERE = '0.0.0.0/0';

export const routes: Checks = {
  // The load balancer and the NAT gateway speak with the internet directly.
  'network/public-routes': ({ staging }, must) => {
    const table = staging.one('aws_route_table.public');
    const gateway = staging.id('aws_internet_gateway.staging');
    const said = table
      .blocks('route')
      .map((route) => `${route.text('cidr_block')} ${route.text('gateway_id')}`);
    must(sameSet(said, [`${EVERYWHERE} ${gateway}`]), `The public route table has the routes ${list(said)}.`);
  },
  // Tasks call out through NAT and cannot be called: an internet gateway here would let answers out without NAT.
  'network/private-routes': ({ staging }, must) => {
    const gateways = new Map(staging.all('aws_nat_gateway.staging').map((one) => [one.text('id'), one.key]));
    for (const table of staging.all('aws_route_table.private')) {
      const tableRoutes = table.blocks('route');
      must(tableRoutes.length === 1, `${table.address} has ${tableRoutes.length} routes, not the one out.`);
      for (const route of tableRoutes) {
        must(route.text('cidr_block') === EVERYWHERE, `${table.address} does not lead everywhere.`);
        must(!route.has('gateway_id'), `${table.address} leads to an internet gateway.`);
        const zone = gateways.get(route.text('nat_gateway_id'));
        must(zone !== undefined, `${table.address} leads to a NAT gateway that is not ours.`);
        must(zone === table.key || gateways.size === 1, `${table.address} leaves through another zone.`);
      }
    }
  },
  // A subnet without a table of ours has the main one; a private one with the public table is on the internet.
  'network/associations': ({ staging }, must) => {
    const idOf = (address: string) => staging.one(address).text('id');
    for (const kind of ['public', 'private']) {
      const pairs = staging.all(`aws_route_table_association.${kind}`).map((one) => ({
        subnet: one.text('subnet_id'),
        table: one.text('route_table_id'),
      }));
      const wanted = staging.all(`aws_subnet.${kind}`).map((subnet) => ({
        subnet: subnet.text('id'),
        table: idOf(
          kind === 'public' ? 'aws_route_table.public' : `aws_route_table.private["${subnet.key}"]`,
        ),
      }));
      const say = (all: typeof pairs) => all.map(({ subnet, table }) => `${subnet} ${table}`);
      must(sameSet(say(pairs), say(wanted)), `The ${kind} subnets have other route tables than their own.`);
    }
  },
  // Gemini and Firestore are reached through it; in a private subnet it has no way out itself.
  'network/nat': ({ staging }, must) => {
    const nats = staging.all('aws_nat_gateway.staging');
    const perZone = staging.input('nat_gateway_per_zone').flag('value');
    must(
      nats.length === (perZone ? 2 : 1),
      `${nats.length} NAT gateways: another number than was asked for.`,
    );
    for (const nat of nats) {
      must(
        nat.text('subnet_id') === staging.id(`aws_subnet.public["${nat.key}"]`),
        `${nat.address} does not stand in the public subnet of its zone.`,
      );
      must(
        nat.text('allocation_id') === staging.id(`aws_eip.nat["${nat.key}"]`),
        `${nat.address} has another address than the one that is put out for allow lists.`,
      );
    }
    for (const address of staging.all('aws_eip.nat')) {
      must(address.text('domain') === 'vpc', `${address.address} is no address of a VPC.`);
    }
    for (const block of ['aws_eip.nat', 'aws_nat_gateway.staging']) {
      must(
        staging.dependsOn(block).includes('aws_internet_gateway.staging'),
        `${block} does not wait for the internet gateway: AWS refuses it in an empty account.`,
      );
    }
  },
};
