import type { PlanCheck } from '../check.ts';
import { NAME, sameSet } from '../facts.ts';

/** The log groups by their source; the boundary and the key use these names. */
const GROUPS: Readonly<Record<string, string>> = {
  agent: `/ecs/${NAME}`,
  flow: `/vpc/${NAME}`,
  // WAF only writes to groups with this prefix.
  waf: `aws-waf-logs-${NAME}`,
};

export const logs: PlanCheck[] = [
  {
    id: 'watch/log-groups',
    why: 'An incident is often found months later; a log that anyone can read tells who talked to whom.',
    run: ({ staging }, must) => {
      const groups = staging.ofType('aws_cloudwatch_log_group');
      must(
        sameSet(
          groups.map((group) => group.text('name')),
          Object.values(GROUPS),
        ),
        'A log group is missing, or its name is another.',
      );
      for (const [name, path] of Object.entries(GROUPS)) {
        const group = staging.one(`aws_cloudwatch_log_group.${name}`);
        must(group.text('name') === path, `${group.address} is not ${path}.`);
        must(
          group.text('kms_key_id') === staging.one('aws_kms_key.operations').text('arn'),
          `${path} lies unencrypted.`,
        );
        const days = group.number('retention_in_days');
        // 0 means for ever.
        must(days >= 365 && days <= 400, `${path} is kept for ${days} days, not for a year.`);
      }
    },
  },
  {
    id: 'watch/flow-logs',
    why: 'Who talked to whom, accepted or refused: the only trace of a task that carries data out.',
    run: ({ staging }, must) => {
      const flow = staging.one('aws_flow_log.vpc');
      must(flow.text('traffic_type') === 'ALL', 'What was refused is not logged, or what was accepted.');
      must(
        flow.text('log_destination') === staging.one('aws_cloudwatch_log_group.flow').text('arn'),
        'Flows are logged elsewhere.',
      );
      must(
        flow.text('iam_role_arn') === staging.one('aws_iam_role.flow_log').text('arn'),
        'Flow logs have another role.',
      );
      must(
        flow.number('max_aggregation_interval') === 60,
        'Flows are told ten minutes late, or AWS refuses the interval.',
      );
    },
  },
];
