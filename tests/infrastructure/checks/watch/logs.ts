import type { Checks } from '../check.ts';
import { NAME, sameSet, textOfEach } from '../facts.ts';

/** The log groups by their source; the boundary and the key use these names. */
const GROUPS: Readonly<Record<string, string>> = {
  agent: `/ecs/${NAME}`,
  flow: `/vpc/${NAME}`,
  // WAF only writes to groups with this prefix.
  waf: `aws-waf-logs-${NAME}`,
};

export const logs: Checks = {
  // An incident is often found months later; a log that anyone can read tells who talked to whom.
  'watch/log-groups': ({ staging }, must) => {
    const groups = staging.ofType('aws_cloudwatch_log_group');
    must(
      sameSet(textOfEach(groups, 'name'), Object.values(GROUPS)),
      'A log group is missing, or its name is another.',
    );
    for (const [name, path] of Object.entries(GROUPS)) {
      const group = staging.one(`aws_cloudwatch_log_group.${name}`);
      must(group.text('name') === path, `${group.address} is not ${path}.`);
      must(group.text('kms_key_id') === staging.arn('aws_kms_key.operations'), `${path} lies unencrypted.`);
      const days = group.number('retention_in_days');
      // 0 means for ever.
      must(days >= 365 && days <= 400, `${path} is kept for ${days} days, not for a year.`);
    }
  },
  // Who talked to whom, accepted or refused: the only trace of a task that carries data out.
  'watch/flow-logs': ({ staging }, must) => {
    const flow = staging.one('aws_flow_log.vpc');
    must(flow.text('traffic_type') === 'ALL', 'What was refused is not logged, or what was accepted.');
    must(
      flow.text('log_destination') === staging.arn('aws_cloudwatch_log_group.flow'),
      'Flows are logged elsewhere.',
    );
    must(flow.text('iam_role_arn') === staging.arn('aws_iam_role.flow_log'), 'Flow logs have another role.');
    must(
      flow.number('max_aggregation_interval') === 60,
      'Flows are told ten minutes late, or AWS refuses the interval.',
    );
  },
};
