import type { Reader } from '../../plan/reader.ts';
import type { Checks, Must } from '../check.ts';
import { NAME, list, sameSet, textOfEach } from '../facts.ts';

/** Managed rule groups, with those of their rules that only count: chats have long bodies, and people paste HTML. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesKnownBadInputsRuleSet: [],
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY'],
};

export const firewall: Checks = {
  // A firewall beside the load balancer stops nothing.
  'load-balancer/firewall-in-front': ({ staging }, must) => {
    const acl = staging.one('aws_wafv2_web_acl.staging');
    const link = staging.one('aws_wafv2_web_acl_association.alb');
    must(acl.text('scope') === 'REGIONAL', 'Only a regional firewall can stand before a load balancer.');
    must(acl.text('name') === NAME, 'The firewall has the name of another environment.');
    must(link.text('web_acl_arn') === acl.text('arn'), 'Another firewall stands before the load balancer.');
    must(
      link.text('resource_arn') === staging.arn('aws_lb.staging'),
      'The firewall stands before something else.',
    );
    must(
      acl.block('default_action').blocks('allow').length === 1,
      'The firewall refuses whatever no rule names.',
    );
    must(acl.block('default_action').blocks('block').length === 0, 'The firewall refuses everybody.');
  },
  // One address that floods must not take the service from the others; an office behind one address must not be
  // refused.
  'load-balancer/rate-limit': ({ staging }, must) => {
    const limits = rulesOf(staging).filter(
      (rule) => rule.blocks('statement.0.rate_based_statement').length > 0,
    );
    must(limits.length === 1, `${limits.length} rules limit the rate, not one.`);
    for (const rule of limits) {
      const limit = rule.block('statement.0.rate_based_statement');
      must(rule.blocks('action.0.block').length === 1, 'Floods are counted, not stopped.');
      must(limit.text('aggregate_key_type') === 'IP', 'The limit is not for each address.');
      const perMinute = (limit.number('limit') * 60) / limit.number('evaluation_window_sec');
      must(perMinute >= 200 && perMinute <= 1000, `An address may send ${perMinute} requests a minute.`);
      must(
        [120, 300, 600].includes(limit.number('evaluation_window_sec')),
        'A burst of one page is refused, or AWS does not take the window.',
      );
      must(
        rulesOf(staging).every(
          (other) => other === rule || other.number('priority') >= rule.number('priority'),
        ),
        'Floods are paid for by every other rule first.',
      );
      must(rule.number('priority') === 0, 'Floods are not stopped first.');
    }
  },
  // Known bad addresses and inputs stay out; of the common rules only two may count instead of blocking.
  'load-balancer/managed-rules': ({ staging }, must) => {
    const managed = rulesOf(staging).filter(
      (rule) => rule.blocks('statement.0.managed_rule_group_statement').length > 0,
    );
    must(rulesOf(staging).length === managed.length + 1, 'There is a rule of another kind.');
    const names = textOfEach(managed, 'statement.0.managed_rule_group_statement.0.name');
    must(sameSet(names, Object.keys(GROUPS)), `The managed groups are ${list(names)}.`);
    for (const rule of managed) {
      const group = rule.block('statement.0.managed_rule_group_statement');
      must(group.text('vendor_name') === 'AWS', `${group.text('name')} comes from somebody else.`);
      must(
        rule.blocks('override_action.0.none').length === 1 &&
          rule.blocks('override_action.0.count').length === 0,
        `${group.text('name')} only counts.`,
      );
      mustCountOnly(must, group);
    }
    const priorities = rulesOf(staging).map((rule) => rule.number('priority'));
    must(new Set(priorities).size === priorities.length, 'Two rules have one priority: AWS refuses them.');
    must(
      sameSet(
        rulesOf(staging).map((rule) => rule.text('name')),
        ['common', 'ip-reputation', 'known-bad-inputs', 'rate-limit'],
      ),
      'A rule has lost its name: the log and the metrics know it by that.',
    );
    const cheapFirst = (name: string) =>
      rulesOf(staging)
        .find((rule) => rule.text('name') === name)
        ?.number('priority') ?? 0;
    must(
      cheapFirst('ip-reputation') < cheapFirst('known-bad-inputs') &&
        cheapFirst('known-bad-inputs') < cheapFirst('common'),
      'Bodies are read before the address has been looked at.',
    );
  },
  // The metric, the sample and the log show who was blocked by mistake.
  'load-balancer/firewall-is-seen': ({ staging }, must) => {
    const acl = staging.one('aws_wafv2_web_acl.staging');
    for (const one of [acl, ...rulesOf(staging)]) {
      const name = one === acl ? NAME : `${NAME}-${one.text('name')}`;
      const seen = one.block('visibility_config');
      must(seen.flag('cloudwatch_metrics_enabled'), `${name} is not counted.`);
      must(seen.flag('sampled_requests_enabled'), `${name} keeps no samples.`);
      must(seen.text('metric_name') === name, `The metric of ${name} has another name.`);
    }
    const logging = staging.one('aws_wafv2_web_acl_logging_configuration.staging');
    must(logging.text('resource_arn') === acl.text('arn'), 'Another firewall is logged.');
    must(
      sameSet(logging.texts('log_destination_configs'), [staging.arn('aws_cloudwatch_log_group.waf')]),
      'The log goes elsewhere.',
    );
    const redacted = logging.blocks('redacted_fields').map((field) => field.text('single_header.0.name'));
    must(sameSet(redacted, ['authorization', 'cookie']), 'Tokens or sign-ins stand in the log.');
    const filter = logging.block('logging_filter');
    must(filter.text('default_behavior') === 'DROP', 'Every request is logged, and paid for.');
    const kept = filter.block('filter');
    must(kept.text('behavior') === 'KEEP', 'What was blocked is not logged.');
    must(
      kept.text('requirement') === 'MEETS_ANY',
      'Nothing is blocked and counted at once: nothing is logged.',
    );
    must(
      sameSet(
        kept.blocks('condition').map((one) => one.text('action_condition.0.action')),
        ['BLOCK', 'COUNT'],
      ),
      'What was blocked or counted is not logged.',
    );
  },
};

function rulesOf(staging: Parameters<Checks['run']>[0]['staging']): Reader[] {
  return staging.one('aws_wafv2_web_acl.staging').blocks('rule');
}

function mustCountOnly(must: Must, group: Reader): void {
  const counted = group.blocks('rule_action_override').map((override) => {
    const action = override.block('action_to_use');
    must(action.blocks('count').length === 1, `${override.text('name')} is not even counted.`);
    must(
      action.blocks('allow').length === 0,
      `${override.text('name')} lets pass what other rules would stop.`,
    );
    return override.text('name');
  });
  must(
    sameSet(counted, GROUPS[group.text('name')] ?? []),
    `${group.text('name')} does not block: ${list(counted)}.`,
  );
}
