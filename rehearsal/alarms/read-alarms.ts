import type { CloudWatch, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { AlarmRule, AlarmState } from './evaluate-alarm.ts';

/** An applied alarm on one metric. */
export interface Alarm extends AlarmRule {
  name: string;
  state: AlarmState;
  namespace: string;
  metricName: string;
  dimensions: Readonly<Record<string, string>>;
  /** Sum, Maximum and others. */
  statistic: string;
  /** In seconds. */
  period: number;
}

const PAGE = 100;

/** Every alarm of the account on one metric; those on expressions and percentiles are left out. */
export async function readAlarms(cloudwatch: CloudWatch): Promise<Alarm[]> {
  const { MetricAlarms = [] } = await cloudwatch.describeAlarms({ MaxRecords: PAGE });
  return MetricAlarms.filter(({ MetricName, Statistic }) => MetricName && Statistic).map(toAlarm);
}

/** Defaults of fields that the API omits: all periods must breach, and missing data counts as missing. */
function toAlarm(alarm: MetricAlarm): Alarm {
  const evaluationPeriods = alarm.EvaluationPeriods ?? 1;
  return {
    name: alarm.AlarmName ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    namespace: alarm.Namespace ?? '',
    metricName: alarm.MetricName ?? '',
    dimensions: Object.fromEntries(
      (alarm.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]),
    ),
    statistic: alarm.Statistic ?? '',
    period: alarm.Period ?? 0,
    evaluationPeriods,
    datapointsToAlarm: alarm.DatapointsToAlarm ?? evaluationPeriods,
    comparisonOperator: alarm.ComparisonOperator ?? '',
    threshold: alarm.Threshold ?? 0,
    treatMissingData: alarm.TreatMissingData ?? 'missing',
  };
}
