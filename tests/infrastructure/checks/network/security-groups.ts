import type { Checks } from '../check.ts';
import { NAME, list, sameSet } from '../facts.ts';
import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';

const EVERYBODY = '0.0.0.0/0';
const HTTPS = 'tcp 443-443';

/** Allowed traffic: group, direction, other side, protocol and ports. A missing or extra line is a problem. */
function allowedFlows(staging: StackView): Record<string, string> {
  const peers = staging.input('mutual_tls').has('value.peer_cidrs')
    ? staging.input('mutual_tls').texts('value.peer_cidrs')
    : [];
  const resolver = staging.input('vpc_cidr').text('value').replace('.0.0/16', '.0.2/32');
  const endpoints = staging.input('interface_endpoints').flag('value');
  return {
    [`alb in ${EVERYBODY} tcp 80-80`]: 'a bare name is redirected',
    [`alb in ${EVERYBODY} ${HTTPS}`]: 'people and peers',
    ...Object.fromEntries(peers.map((cidr) => [`alb in ${cidr} tcp 8443-8443`, 'peers with a certificate'])),
    'alb out tasks tcp 8080-8080': 'requests and health checks',
    [`alb out ${EVERYBODY} ${HTTPS}`]: "the token issuer's keys",
    'tasks in alb tcp 8080-8080': 'requests and health checks',
    [`tasks out ${EVERYBODY} ${HTTPS}`]: 'Gemini, Firestore, the peer, AWS',
    [`tasks out ${resolver} udp 53-53`]: "the VPC's resolver: another one carries data out",
    [`tasks out ${resolver} tcp 53-53`]: 'its long answers',
    ...(endpoints ? { [`endpoints in tasks ${HTTPS}`]: 'AWS inside the VPC' } : {}),
  };
}

export const securityGroups: Checks = {
  // Only the load balancer is open to the internet, tasks take from it alone, and call out on 443 alone.
  'network/flows': ({ staging }, must) => {
    const names = new Map(
      staging
        .ofType('aws_security_group')
        .map((group) => [group.text('id'), group.address.split(/[.[]/)[1] ?? '']),
    );
    const wanted = Object.keys(allowedFlows(staging));
    const found = [
      ...staging.ofType('aws_vpc_security_group_ingress_rule').map((rule) => flow(rule, 'in', names)),
      ...staging.ofType('aws_vpc_security_group_egress_rule').map((rule) => flow(rule, 'out', names)),
    ];
    for (const one of found) must(wanted.includes(one), `Nothing asks for: ${one}`);
    for (const one of wanted) must(found.includes(one), `Closed: ${one}`);
    must(found.length === new Set(found).size, 'A rule is there twice: AWS refuses it.');
  },
  // A rule written in another form than these would not be seen by the statement about flows.
  'network/rules-one-way-in': ({ staging }, must) => {
    const others = staging.ofType('aws_security_group_rule', 'aws_network_acl', 'aws_network_acl_rule');
    must(others.length === 0, `Rules in another form: ${list(others.map(({ address }) => address))}.`);
    for (const group of staging.ofType('aws_default_security_group')) {
      must(!group.has('ingress') && !group.has('egress'), 'The default security group lets traffic through.');
    }
    must(
      staging.ofType('aws_default_security_group').length === 1,
      'The default security group keeps its rules: whatever names no group may talk to everything.',
    );
  },
  // A group on the wrong thing opens it, or closes what must be open.
  'network/groups-attached': ({ staging }, must) => {
    const idOf = (address: string) => staging.one(address).text('id');
    const attached: [string, string[], string][] = [
      ['the load balancer', staging.one('aws_lb.staging').texts('security_groups'), 'aws_security_group.alb'],
      [
        'the tasks',
        staging.one('aws_ecs_service.agent').texts('network_configuration.0.security_groups'),
        'aws_security_group.tasks',
      ],
    ];
    for (const [what, groups, wanted] of attached) {
      must(sameSet(groups, [idOf(wanted)]), `Other groups than ${wanted} are on ${what}.`);
    }
    for (const group of staging.ofType('aws_security_group')) {
      const wanted = `${NAME}-${group.address.split(/[.[]/)[1]}`;
      must(group.text('name') === wanted, `${group.address} has the name of another group.`);
    }
  },
};

function flow(rule: Reader, direction: 'in' | 'out', names: ReadonlyMap<string, string>): string {
  const nameOf = (id: string) => names.get(id) ?? id;
  // All forms of the other side: an IPv6 range or a prefix list is never allowed.
  const others = ['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id']
    .filter((name) => rule.has(name))
    .map((name) => nameOf(rule.text(name)));
  const ports =
    rule.has('from_port') && rule.has('to_port')
      ? `${rule.number('from_port')}-${rule.number('to_port')}`
      : 'all';
  return `${nameOf(rule.text('security_group_id'))} ${direction} ${others.join('+')} ${rule.text('ip_protocol')} ${ports}`;
}
