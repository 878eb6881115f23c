export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** The fields of an alarm that decide its state, with the names of DescribeAlarms. */
export interface AlarmRule {
  evaluationPeriods: number;
  datapointsToAlarm: number;
  comparisonOperator: string;
  threshold: number;
  treatMissingData: string;
}

export interface Evaluation {
  state: AlarmState;
  reason: string;
}

/** Additional datapoints that are read, in case newer ones are missing. */
export const MORE_DATAPOINTS = 2;

const COMPARE: Record<string, { holds: (value: number, threshold: number) => boolean; words: string }> = {
  GreaterThanThreshold: { holds: (value, threshold) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: {
    holds: (value, threshold) => value >= threshold,
    words: 'greater than or equal to',
  },
  LessThanThreshold: { holds: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: {
    holds: (value, threshold) => value <= threshold,
    words: 'less than or equal to',
  },
};

/**
 * The state of an alarm from its metric's last datapoints, oldest first, undefined for a period without data; `before`
 * is kept if missing data is ignored. The newest existing datapoints decide; missing ones of the evaluation periods
 * count as the alarm's setting says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateAlarm(
  rule: AlarmRule,
  datapoints: readonly (number | undefined)[],
  before: AlarmState,
): Evaluation {
  const { evaluationPeriods: periods, datapointsToAlarm: needed, threshold, treatMissingData } = rule;
  const compare = COMPARE[rule.comparisonOperator];
  if (!compare) throw new Error(`an alarm with ${rule.comparisonOperator} is not rehearsed`);
  const there = datapoints
    .slice(-(periods + MORE_DATAPOINTS))
    .filter((value) => value !== undefined)
    .slice(-periods);
  const missing = periods - there.length;
  const over = there.filter((value) => compare.holds(value, threshold));
  const told = `${over.length} of the last ${periods} datapoints [${there.join(', ')}] were ${compare.words} the threshold (${threshold}), ${missing} were missing`;
  if (over.length >= needed) return { state: 'ALARM', reason: `Threshold Crossed: ${told}.` };
  const state = ((): AlarmState => {
    if (missing === 0) return 'OK';
    if (treatMissingData === 'breaching') return over.length + missing >= needed ? 'ALARM' : 'OK';
    if (treatMissingData === 'notBreaching') return 'OK';
    if (treatMissingData === 'ignore') return there.length === 0 ? before : 'OK';
    return there.length === 0 ? 'INSUFFICIENT_DATA' : 'OK';
  })();
  return { state, reason: state === 'ALARM' ? `Missing data counts: ${told}.` : `Not crossed: ${told}.` };
}
