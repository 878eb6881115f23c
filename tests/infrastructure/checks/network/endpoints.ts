import type { Checks } from '../check.ts';
import { regionOf, sameSet, textOfEach } from '../facts.ts';
import { mustGrant } from '../policy.ts';

/** AWS services that a task and its start call. S3 holds the image's layers. */
const INTERFACE_SERVICES = ['ecr.api', 'ecr.dkr', 'logs', 'secretsmanager'];

export const endpoints: Checks = {
  // Image layers are the largest traffic of a deploy: through NAT they are paid for, and an open endpoint carries data
  // to any bucket.
  'network/s3-endpoint': ({ staging }, must) => {
    const endpoint = staging.one('aws_vpc_endpoint.s3');
    const region = regionOf(staging);
    must(endpoint.text('vpc_endpoint_type') === 'Gateway', 'The way to S3 is not the free one.');
    must(
      endpoint.text('service_name') === `com.amazonaws.${region}.s3`,
      'The endpoint is not the one of S3.',
    );
    must(
      sameSet(endpoint.texts('route_table_ids'), staging.ids('aws_route_table.private')),
      "The endpoint is not in the routes of every zone's tasks, or in others.",
    );
    mustGrant(must, 'The way to S3', endpoint.json('policy'), [
      {
        actions: ['s3:GetObject'],
        on: [`arn:aws:s3:::prod-${region}-starport-layer-bucket/*`],
        to: ['AWS *'],
      },
    ]);
  },
  // A service that is left out is reached through NAT, whatever the bill for the others says.
  'network/interface-endpoints': ({ staging }, must) => {
    const all = staging
      .ofType('aws_vpc_endpoint')
      .filter((endpoint) => endpoint.text('vpc_endpoint_type') !== 'Gateway');
    const wanted = staging.input('interface_endpoints').flag('value') ? INTERFACE_SERVICES : [];
    must(
      sameSet(
        textOfEach(all, 'service_name'),
        wanted.map((service) => `com.amazonaws.${regionOf(staging)}.${service}`),
      ),
      'The endpoints are those of other services.',
    );
    const zones = staging.ids('aws_subnet.private');
    for (const endpoint of all) {
      must(endpoint.text('vpc_endpoint_type') === 'Interface', `${endpoint.address} is of another kind.`);
      must(
        endpoint.flag('private_dns_enabled'),
        `${endpoint.address} is bypassed: the name still leads outside.`,
      );
      must(sameSet(endpoint.texts('subnet_ids'), zones), `${endpoint.address} is missing in a zone.`);
      must(
        sameSet(endpoint.texts('security_group_ids'), [
          staging.id('aws_security_group.endpoints["staging"]'),
        ]),
        `${endpoint.address} has another security group: tasks cannot reach it, or others can.`,
      );
    }
  },
};
