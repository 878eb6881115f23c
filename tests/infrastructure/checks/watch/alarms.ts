import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Check } from '../check.ts';
import { NAME, accountOf, list, sameSet } from '../facts.ts';
import { mustGrant } from '../policy.ts';

/** What an alarm looks at, and the range that its bound may lie in: below it cries wolf, above it sleeps. */
interface Watch {
  metric: string;
  statistic: string;
  /** A bound of the metric, in its unit. */
  bound: readonly [number, number];
  above: boolean;
  dimensions: (staging: StackView) => Record<string, string>;
  /** Seconds from the first bad value to the alarm. */
  within: readonly [number, number];
  missingIsBad?: boolean;
}

const balancer = (staging: StackView) => ({ LoadBalancer: staging.one('aws_lb.staging').text('arn_suffix') });
const targets = (staging: StackView) => ({
  ...balancer(staging),
  TargetGroup: staging.one('aws_lb_target_group.agent').text('arn_suffix'),
});

const WATCHES: Readonly<Record<string, Watch>> = {
  load_balancer_5xx: {
    metric: 'AWS/ApplicationELB HTTPCode_ELB_5XX_Count',
    statistic: 'Sum',
    bound: [2, 10],
    above: true,
    dimensions: balancer,
    within: [60, 300],
  },
  faults: {
    metric: 'Lornu/Agent Faults',
    statistic: 'Sum',
    bound: [2, 10],
    above: true,
    dimensions: () => ({ Environment: 'staging' }),
    within: [60, 300],
  },
  target_5xx: {
    metric: 'AWS/ApplicationELB HTTPCode_Target_5XX_Count',
    statistic: 'Sum',
    bound: [2, 10],
    above: true,
    dimensions: targets,
    within: [60, 300],
  },
  unhealthy_targets: {
    metric: 'AWS/ApplicationELB UnHealthyHostCount',
    statistic: 'Maximum',
    bound: [0, 0],
    above: true,
    dimensions: targets,
    // A task that starts is no alarm.
    within: [120, 300],
  },
  p99: {
    metric: 'AWS/ApplicationELB TargetResponseTime',
    statistic: 'p99',
    bound: [2, 10],
    above: true,
    dimensions: targets,
    within: [300, 900],
  },
  no_running_task: {
    metric: 'ECS/ContainerInsights RunningTaskCount',
    statistic: 'Minimum',
    bound: [1, 1],
    above: false,
    dimensions: (staging) => ({
      ClusterName: staging.one('aws_ecs_cluster.staging').text('name'),
      ServiceName: staging.one('aws_ecs_service.agent').text('name'),
    }),
    within: [60, 180],
    missingIsBad: true,
  },
};

export const alarms: Check[] = [
  {
    id: 'watch/alarms-look-at-us',
    why: 'An alarm on another metric, or on that of another thing, stays quiet for ever.',
    run: ({ staging }, must) => {
      for (const [name, watch] of Object.entries(WATCHES)) {
        mustWatch(must, staging, staging.one(`aws_cloudwatch_metric_alarm.${name}`), watch, name);
      }
      const nats = staging.all('aws_cloudwatch_metric_alarm.nat_ports');
      const gateways = staging.all('aws_nat_gateway.staging');
      must(nats.length === gateways.length, 'The ports of a NAT gateway are not watched.');
      for (const gateway of gateways) {
        const alarm = staging.one(`aws_cloudwatch_metric_alarm.nat_ports["${gateway.key}"]`);
        const dimensions = () => ({ NatGatewayId: gateway.text('id') });
        mustWatch(
          must,
          staging,
          alarm,
          {
            metric: 'AWS/NATGateway ErrorPortAllocation',
            statistic: 'Sum',
            bound: [0, 0],
            above: true,
            dimensions,
            within: [60, 120],
          },
          `nat_ports-${gateway.key}`,
        );
      }
      const all = staging.ofType('aws_cloudwatch_metric_alarm').length;
      must(
        all === Object.keys(WATCHES).length + nats.length,
        'An alarm looks at what nothing here asks for.',
      );
    },
  },
  {
    id: 'watch/alarms-reach-someone',
    why: 'An alarm that nobody gets is none; one that never says "over" is ignored the next time.',
    run: ({ staging }, must) => {
      const topic = staging.one('aws_sns_topic.alarms').text('arn');
      for (const alarm of staging.ofType('aws_cloudwatch_metric_alarm')) {
        must(sameSet(alarm.texts('alarm_actions'), [topic]), `${alarm.address} tells nobody.`);
        must(sameSet(alarm.texts('ok_actions'), [topic]), `${alarm.address} does not say that it is over.`);
        must(alarm.text('alarm_description').length > 20, `${alarm.address} does not say what is wrong.`);
      }
      const subscriptions = staging.ofType('aws_sns_topic_subscription');
      for (const one of subscriptions) {
        must(one.text('topic_arn') === topic, `${one.address} listens to another topic.`);
        must(one.text('protocol') === 'email', `${one.address} is no mail.`);
      }
      must(
        sameSet(
          subscriptions.map((one) => one.text('endpoint')),
          staging.input('alarm_emails').texts('value'),
        ),
        'The mails go to others than were named.',
      );
    },
  },
  {
    id: 'watch/topic',
    why: 'Alarms say what is weak: they are encrypted, and nobody else may cry wolf.',
    run: ({ staging }, must) => {
      const topic = staging.one('aws_sns_topic.alarms');
      must(topic.text('name') === `${NAME}-alarms`, 'The topic has another name.');
      must(
        topic.text('kms_master_key_id') === staging.one('aws_kms_key.operations').text('arn'),
        'Alarms lie unencrypted.',
      );
      const policy = staging.one('aws_sns_topic_policy.alarms');
      must(policy.text('arn') === topic.text('arn'), 'The policy is for another topic.');
      mustGrant(must, 'The topic of alarms', policy.json('policy'), [
        {
          actions: ['sns:Publish'],
          on: [topic.text('arn')],
          to: ['Service budgets.amazonaws.com', 'Service cloudwatch.amazonaws.com'],
          when: [`StringEquals aws:SourceAccount ${accountOf(staging)}`],
        },
      ]);
    },
  },
  {
    id: 'watch/budget',
    why: 'A forgotten test or a flood is seen in days, not on the bill.',
    run: ({ staging }, must) => {
      const budget = staging.one('aws_budgets_budget.spend');
      must(
        budget.text('name') === `${NAME}-spend`,
        'The apply role may change the budget of this name only.',
      );
      must(budget.text('budget_type') === 'COST', 'The budget counts hours, not money.');
      must(
        budget.number('limit_amount') === staging.input('monthly_budget_usd').number('value'),
        'The budget is another one than was set.',
      );
      must(budget.text('limit_unit') === 'USD', 'The budget is in another currency.');
      must(budget.text('time_unit') === 'MONTHLY', 'The budget is for another time than the bill.');
      const said = budget.blocks('notification').map((one) => {
        must(
          sameSet(one.texts('subscriber_sns_topic_arns'), [staging.one('aws_sns_topic.alarms').text('arn')]),
          'The budget writes to nobody.',
        );
        must(one.text('comparison_operator') === 'GREATER_THAN', 'The budget writes while all is well.');
        must(one.text('threshold_type') === 'PERCENTAGE', 'The threshold is no part of the limit.');
        return `${one.text('notification_type')} ${one.number('threshold')}`;
      });
      must(sameSet(said, ['ACTUAL 80', 'FORECASTED 100']), `The budget writes at ${list(said)}.`);
    },
  },
];

function mustWatch(
  must: (holds: boolean, problem: string) => void,
  staging: StackView,
  alarm: Reader,
  watch: Watch,
  name: string,
): void {
  const { address } = alarm;
  must(
    alarm.text('alarm_name') === `${NAME}-${name.replaceAll('_', '-')}`,
    `${address} has the name of another alarm.`,
  );
  must(
    `${alarm.text('namespace')} ${alarm.text('metric_name')}` === watch.metric,
    `${address} looks at another metric.`,
  );
  const statistic = watch.statistic.startsWith('p')
    ? alarm.text('extended_statistic')
    : alarm.text('statistic');
  must(statistic === watch.statistic, `${address} looks at ${statistic}, not at ${watch.statistic}.`);
  const bound = alarm.number('threshold');
  must(bound >= watch.bound[0] && bound <= watch.bound[1], `${address} fires at ${bound}: never, or always.`);
  const operator = watch.above ? 'GreaterThanThreshold' : 'LessThanThreshold';
  must(alarm.text('comparison_operator') === operator, `${address} compares the other way.`);
  const dimensions = Object.entries(watch.dimensions(staging)).map(([key, value]) => `${key} ${value}`);
  const found = alarm.keys('dimensions').map((key) => `${key} ${alarm.text(`dimensions.${key}`)}`);
  must(sameSet(found, dimensions), `${address} looks at something else: ${list(found)}.`);
  const missing = alarm.text('treat_missing_data');
  must(
    missing === (watch.missingIsBad ? 'breaching' : 'notBreaching'),
    `${address} takes silence for ${missing}.`,
  );
  const periods = alarm.number('evaluation_periods');
  // 0 is how the provider shows that it is not set: all of them then.
  const needed = alarm.number('datapoints_to_alarm') || periods;
  const seconds = alarm.number('period') * needed;
  must(seconds >= watch.within[0] && seconds <= watch.within[1], `${address} fires after ${seconds} s.`);
  must(needed <= periods, `${address} needs more values than it looks at.`);
  must(periods <= needed * 2, `${address} adds up values that are long over.`);
  must(alarm.number('period') % 60 === 0, `${address} asks for values more often than they come.`);
  must(alarm.number('period') <= 300, `${address} sees a minute of failures as a small part of its period.`);
  if (watch.statistic === 'p99') {
    must(
      alarm.text('evaluate_low_sample_count_percentiles') === 'ignore',
      `${address} calls the slowest of three requests the p99.`,
    );
  }
}
