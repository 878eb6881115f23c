import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Checks, Must } from '../check.ts';
import { NAME, accountOf, list, sameSet, textOfEach } from '../facts.ts';
import { mustGrant } from '../policy.ts';

/**
 * A metric: its dimensions, how its values are aggregated, and the allowed ranges of its threshold and of the seconds
 * until the alarm.
 */
interface Metric {
  of: readonly string[];
  statistic: string;
  bound: readonly [number, number];
  seconds: readonly [number, number];
}

const TARGETS = ['LoadBalancer', 'TargetGroup'];
/** Every metric that needs an alarm, and no other; each alarm watches one of them. */
const METRICS: Readonly<Record<string, Metric>> = {
  'AWS/ApplicationELB HTTPCode_ELB_5XX_Count': {
    of: ['LoadBalancer'],
    statistic: 'Sum',
    bound: [2, 10],
    seconds: [60, 300],
  },
  'AWS/ApplicationELB HTTPCode_Target_5XX_Count': {
    of: TARGETS,
    statistic: 'Sum',
    bound: [2, 10],
    seconds: [60, 300],
  },
  // A starting task must not cause an alarm.
  'AWS/ApplicationELB UnHealthyHostCount': {
    of: TARGETS,
    statistic: 'Maximum',
    bound: [0, 0],
    seconds: [120, 300],
  },
  'AWS/ApplicationELB TargetResponseTime': {
    of: TARGETS,
    statistic: 'p99',
    bound: [2, 10],
    seconds: [300, 900],
  },
  'AWS/NATGateway ErrorPortAllocation': {
    of: ['NatGatewayId'],
    statistic: 'Sum',
    bound: [0, 0],
    seconds: [60, 120],
  },
  'ECS/ContainerInsights RunningTaskCount': {
    of: ['ClusterName', 'ServiceName'],
    statistic: 'Minimum',
    bound: [1, 1],
    seconds: [60, 180],
  },
  'Lornu/Agent Faults': { of: ['Environment'], statistic: 'Sum', bound: [2, 10], seconds: [60, 300] },
  'Lornu/Agent LostTurns': { of: ['Environment'], statistic: 'Sum', bound: [0, 0], seconds: [60, 60] },
};

export const alarms: Checks = {
  // An alarm on another metric, or on that of another thing, stays quiet for ever.
  'watch/alarms-look-at-us': ({ staging }, must) => {
    const watched = new Map<string, number>();
    for (const alarm of alone(staging)) {
      const name = `${alarm.text('namespace')} ${alarm.text('metric_name')}`;
      watched.set(name, (watched.get(name) ?? 0) + 1);
      const metric = METRICS[name];
      if (metric) mustWatch(must, staging, alarm, metric);
      else must(false, `${alarm.address} watches ${name}, which nobody asked for.`);
    }
    for (const name of Object.keys(METRICS)) {
      const count = name.startsWith('AWS/NATGateway') ? staging.all('aws_nat_gateway.staging').length : 1;
      must(watched.get(name) === count, `${name} has ${watched.get(name) ?? 0} alarms, not ${count}.`);
    }
  },
  // An alarm that nobody gets is none; one that never says "over" is ignored the next time.
  'watch/alarms-reach-someone': ({ staging }, must) => {
    const topic = staging.arn('aws_sns_topic.alarms');
    for (const alarm of alone(staging)) {
      must(sameSet(alarm.texts('alarm_actions'), [topic]), `${alarm.address} tells nobody.`);
      must(sameSet(alarm.texts('ok_actions'), [topic]), `${alarm.address} does not say that it is over.`);
      must(
        /^[A-Z].{20,}\. See docs\/operations\.md, "[A-Z][^"]+"\.$/.test(alarm.text('alarm_description')),
        `${alarm.address} does not say what is wrong and where to read what to do.`,
      );
    }
    const subscriptions = staging.ofType('aws_sns_topic_subscription');
    for (const one of subscriptions) {
      must(one.text('topic_arn') === topic, `${one.address} listens to another topic.`);
      must(one.text('protocol') === 'email', `${one.address} is no mail.`);
    }
    must(
      sameSet(textOfEach(subscriptions, 'endpoint'), staging.input('alarm_emails').texts('value')),
      'The mails go to others than were named.',
    );
  },
  // Alarms say what is weak: they are encrypted, and nobody else may cry wolf.
  'watch/topic': ({ staging }, must) => {
    const topic = staging.one('aws_sns_topic.alarms');
    must(topic.text('name') === `${NAME}-alarms`, 'The topic has another name.');
    must(
      topic.text('kms_master_key_id') === staging.arn('aws_kms_key.operations'),
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
  // A forgotten test or a flood is seen in days, not on the bill.
  'watch/budget': ({ staging }, must) => {
    const budget = staging.one('aws_budgets_budget.spend');
    must(budget.text('name') === `${NAME}-spend`, 'The apply role may change the budget of this name only.');
    must(budget.text('budget_type') === 'COST', 'The budget counts hours, not money.');
    must(
      budget.number('limit_amount') === staging.input('monthly_budget_usd').number('value'),
      'The budget is another one than was set.',
    );
    must(budget.text('limit_unit') === 'USD', 'The budget is in another currency.');
    must(budget.text('time_unit') === 'MONTHLY', 'The budget is for another time than the bill.');
    const said = budget.blocks('notification').map((one) => {
      must(
        sameSet(one.texts('subscriber_sns_topic_arns'), [staging.arn('aws_sns_topic.alarms')]),
        'The budget writes to nobody.',
      );
      must(one.text('comparison_operator') === 'GREATER_THAN', 'The budget writes while all is well.');
      must(one.text('threshold_type') === 'PERCENTAGE', 'The threshold is no part of the limit.');
      return `${one.text('notification_type')} ${one.number('threshold')}`;
    });
    must(sameSet(said, ['ACTUAL 80', 'FORECASTED 100']), `The budget writes at ${list(said)}.`);
  },
};

/** Alarms that ring by themselves: those on burn rates are halves of a pair (objectives.ts). */
function alone(staging: StackView): Reader[] {
  return staging
    .ofType('aws_cloudwatch_metric_alarm')
    .filter(({ address }) => !address.startsWith('aws_cloudwatch_metric_alarm.burn['));
}

/** The dimension values of our resources; each NAT gateway has its own alarm. */
function identities(staging: StackView, key: string | undefined): Record<string, string> {
  return {
    LoadBalancer: staging.one('aws_lb.staging').text('arn_suffix'),
    TargetGroup: staging.one('aws_lb_target_group.agent').text('arn_suffix'),
    ClusterName: staging.one('aws_ecs_cluster.staging').text('name'),
    ServiceName: staging.one('aws_ecs_service.agent').text('name'),
    Environment: 'staging',
    ...(key ? { NatGatewayId: staging.id(`aws_nat_gateway.staging["${key}"]`) } : {}),
  };
}

function mustWatch(must: Must, staging: StackView, alarm: Reader, metric: Metric): void {
  const { address } = alarm;
  const name = address.replace(/^\w+\./, '').replace(/\["(\w+)"\]/, '-$1');
  must(
    alarm.text('alarm_name') === `${NAME}-${name.replaceAll('_', '-')}`,
    `${address} has the name of another alarm.`,
  );
  const ours = identities(staging, alarm.key);
  const found = alarm.keys('dimensions').map((key) => `${key} ${alarm.text(`dimensions.${key}`)}`);
  must(
    sameSet(
      found,
      metric.of.map((key) => `${key} ${ours[key]}`),
    ),
    `${address} watches ${list(found)}.`,
  );
  const isPercentile = metric.statistic.startsWith('p');
  const statistic = alarm.text(isPercentile ? 'extended_statistic' : 'statistic');
  must(statistic === metric.statistic, `${address} takes the ${statistic}, not the ${metric.statistic}.`);
  must(isWithin(alarm.number('threshold'), metric.bound), `${address} never fires, or always.`);
  // For a metric aggregated by its minimum, too low is bad, and so is missing data.
  const [operator, silence] =
    statistic === 'Minimum' ? ['LessThanThreshold', 'breaching'] : ['GreaterThanThreshold', 'notBreaching'];
  must(alarm.text('comparison_operator') === operator, `${address} compares the other way.`);
  must(alarm.text('treat_missing_data') === silence, `${address} takes silence for something else.`);
  const periods = alarm.number('evaluation_periods');
  // The provider shows an unset value as 0, which means all of them.
  const needed = alarm.number('datapoints_to_alarm') || periods;
  const period = alarm.number('period');
  must(isWithin(period * needed, metric.seconds), `${address} fires after ${period * needed} s.`);
  must(needed <= periods && periods <= needed * 2, `${address} needs ${needed} of ${periods} values.`);
  must(period % 60 === 0, `${address} asks for values more often than they come.`);
  must(period <= 300, `${address} sees a minute of failures as a small part of its period.`);
  if (isPercentile) {
    must(
      alarm.text('evaluate_low_sample_count_percentiles') === 'ignore',
      `${address} calls the slowest of three requests the p99.`,
    );
  }
}

function isWithin(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= from && value <= to;
}
