import type { Checks } from '../check.ts';
import { NAME, list, sameSet, textOfEach } from '../facts.ts';

export const names: Checks = {
  // A name that is missing from it is a warning in every browser; one that nobody validates is never issued.
  'dns/certificate': ({ staging }, must) => {
    if (!managesDns(staging)) return;
    const certificate = staging.one('aws_acm_certificate.staging["staging"]');
    const wanted = [domain(staging), failover(staging)].filter((name) => name !== '');
    const covered = [
      ...new Set([certificate.text('domain_name'), ...certificate.texts('subject_alternative_names')]),
    ];
    must(certificate.text('domain_name') === domain(staging), 'The certificate is for another name.');
    must(sameSet(covered, wanted), `The certificate covers ${list(covered)}.`);
    must(certificate.text('validation_method') === 'DNS', 'Somebody has to answer a mail at each renewal.');
    const records = staging.all('aws_route53_record.certificate');
    must(
      sameSet(
        records.map(({ key }) => key ?? ''),
        wanted,
      ),
      'A name is not validated.',
    );
    for (const record of records) {
      must(record.text('type') === 'CNAME', `${record.address} is of another type.`);
      const ttl = record.number('ttl');
      must(ttl >= 60 && ttl <= 3600, `${record.address} is asked for at each look, or kept for too long.`);
      must(
        record.flag('allow_overwrite'),
        `${record.address}: ACM gives the same record again, and Route 53 would refuse it.`,
      );
      const asked = certificate
        .blocks('domain_validation_options')
        .find((one) => one.text('domain_name') === record.key);
      must(
        record.text('name') === asked?.text('resource_record_name').replace(/\.$/, ''),
        `${record.address} proves another name.`,
      );
      must(
        sameSet(record.texts('records'), [asked?.text('resource_record_value') ?? '']),
        `${record.address} does not prove it.`,
      );
    }
    const validation = staging.one('aws_acm_certificate_validation.staging["staging"]');
    must(
      validation.text('certificate_arn') === certificate.text('arn'),
      'Another certificate is waited for.',
    );
    must(
      sameSet(validation.texts('validation_record_fqdns'), textOfEach(records, 'fqdn')),
      'The listener is made before each name is validated: AWS refuses it.',
    );
  },
  // The apply role may write to one zone.
  'dns/zone': ({ staging }, must) => {
    for (const record of staging.ofType('aws_route53_record')) {
      must(
        record.text('zone_id') === staging.input('route53_zone_id').text('value'),
        `${record.address} lies in another zone.`,
      );
    }
  },
  // Peers, sign-in and checks reach AWS by it also while Google Cloud is healthy: it never fails over.
  'dns/own-name': ({ staging }, must) => {
    if (!managesDns(staging)) return;
    const record = staging.one('aws_route53_record.staging["staging"]');
    must(record.text('name') === domain(staging), 'The environment has another name.');
    must(record.text('type') === 'A', 'An alias of a load balancer is an A record.');
    must(!record.has('failover_routing_policy') && !record.has('set_identifier'), 'Our own name fails over.');
    mustPointAtUs(must, staging, record);
    must(
      ![...staging.ofType('aws_route53_record')].some(
        (other) => other.address !== record.address && other.text('name') === domain(staging),
      ),
      'Another record has our name.',
    );
  },
  // People are served by Google Cloud while it is healthy, else by us: asked over HTTPS, and soon enough.
  'dns/failover': ({ staging }, must) => {
    if (failover(staging) === '') {
      must(
        staging.ofType('aws_route53_health_check').length === 0,
        'Google Cloud is asked though nothing fails over.',
      );
      return;
    }
    const address = staging.input('google_cloud_address').text('value');
    const check = staging.one('aws_route53_health_check.google_cloud["staging"]');
    must(
      check.text('type') === 'HTTPS' && check.number('port') === 443,
      'Health is asked for in another way than people come.',
    );
    must(check.text('ip_address') === address, 'Another address is asked.');
    must(check.text('fqdn') === failover(staging), 'The TLS handshake names another host.');
    must(check.text('resource_path') === '/health', 'Google Cloud is asked for what it does not answer.');
    const seconds = check.number('request_interval') * check.number('failure_threshold');
    must(seconds >= 30 && seconds <= 90, `Fail-over begins after ${seconds} s.`);
    must([10, 30].includes(check.number('request_interval')), 'Route 53 asks every 10 or 30 seconds.');
    must(check.number('failure_threshold') >= 2, 'One lost answer sends everyone to the other cloud.');
    must(
      check.text('tags_all.Name') === `${NAME}-google-cloud`,
      'The console shows the check without a name.',
    );
    const primary = staging.one('aws_route53_record.failover_primary["staging"]');
    const secondary = staging.one('aws_route53_record.failover_secondary["staging"]');
    for (const record of [primary, secondary]) {
      must(record.text('name') === failover(staging), `${record.address} is for another name.`);
      must(record.text('type') === 'A', `${record.address} is of another type than the other one.`);
    }
    must(primary.text('failover_routing_policy.0.type') === 'PRIMARY', 'Google Cloud is not the primary.');
    must(secondary.text('failover_routing_policy.0.type') === 'SECONDARY', 'We are not the secondary.');
    must(primary.text('set_identifier') === 'google-cloud', 'The primary is not told apart.');
    must(secondary.text('set_identifier') === 'aws', 'The secondary is not told apart.');
    must(sameSet(primary.texts('records'), [address]), 'The primary leads elsewhere.');
    must(primary.text('health_check_id') === check.text('id'), 'The primary is never given up.');
    const ttl = primary.number('ttl');
    must(ttl >= 30 && ttl <= 60, 'Clients keep the failed cloud for over a minute, or ask at each request.');
    mustPointAtUs(must, staging, secondary);
  },
};

type Staging = Parameters<Checks['run']>[0]['staging'];
type Must = Parameters<Checks['run']>[1];

function managesDns(staging: Staging): boolean {
  return staging.input('route53_zone_id').has('value');
}

function domain(staging: Staging): string {
  return staging.input('domain_name').text('value');
}

function failover(staging: Staging): string {
  return staging.input('failover_domain_name').text('value');
}

function mustPointAtUs(must: Must, staging: Staging, record: ReturnType<Staging['one']>): void {
  const balancer = staging.one('aws_lb.staging');
  const alias = record.block('alias');
  must(
    alias.text('name') === balancer.text('dns_name') && alias.text('zone_id') === balancer.text('zone_id'),
    `${record.address} leads to another load balancer.`,
  );
  must(alias.flag('evaluate_target_health'), `${record.address} leads here also when nothing is healthy.`);
}
