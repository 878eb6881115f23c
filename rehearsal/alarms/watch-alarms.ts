import type { CloudWatch, Statistic } from '@aws-sdk/client-cloudwatch';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { untilAborted } from '@lornu/ops/process/until-aborted.ts';
import type { TargetGroup } from '../load-balancer/balancer.ts';
import type { BalancerControl } from '../load-balancer/control.ts';
import { backendName } from '../load-balancer/render-haproxy.ts';
import type { Pace } from '../tasks/pace.ts';
import { evaluateAlarm, MORE_DATAPOINTS } from './evaluate-alarm.ts';
import { readAlarms, type Alarm } from './read-alarms.ts';
import { UnhealthyTargets } from './unhealthy-targets.ts';

export interface AlarmWatchOptions {
  cloudwatch: CloudWatch;
  elb: ElasticLoadBalancingV2;
  control: BalancerControl;
  loadBalancerArn: string;
  groups: readonly TargetGroup[];
  pace: Pace;
  onFailure: (error: unknown) => unknown;
}

export interface AlarmWatch {
  stop: () => Promise<void>;
}

const NAMESPACE = 'AWS/ApplicationELB';
const SERVER_ERRORS = 'HTTPCode_Target_5XX_Count';
const UNHEALTHY_HOSTS = 'UnHealthyHostCount';
/**
 * Metrics that exist here: the load balancer's own, and those that tasks write. An alarm on another one keeps its
 * state.
 */
const MEASURED: readonly string[] = [
  `${NAMESPACE} ${SERVER_ERRORS}`,
  `${NAMESPACE} ${UNHEALTHY_HOSTS}`,
  'Lornu/Agent Faults',
];
/** AWS's load balancer measures once a minute. */
const MEASURED_EVERY_S = 60;

/**
 * Does CloudWatch's work for the load balancer: stores its metrics once per period, evaluates the alarms on them, and
 * reports state changes. The emulator stores metrics and alarms but evaluates none.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function watchAlarms(options: AlarmWatchOptions): AlarmWatch {
  const { cloudwatch, elb, control, loadBalancerArn, groups, pace } = options;
  const everyMs = pace.alarm(MEASURED_EVERY_S);
  const unhealthy = new Map(
    groups.map(({ arn, health }) => [
      arn,
      new UnhealthyTargets(pace.grace(health.intervalS * health.unhealthyThreshold)),
    ]),
  );
  let before: ReadonlyMap<string, number> | undefined;
  const life = new AbortController();

  /** A value belongs to the period in which it occurred, and has that period's start time. */
  const measure = async (beganMs: number): Promise<void> => {
    const errors = await control.serverErrors();
    for (const { arn } of groups) {
      const { TargetHealthDescriptions: described = [] } = await elb.describeTargetHealth({
        TargetGroupArn: arn,
      });
      const targets = described.map(({ Target, TargetHealth }) => ({
        id: Target?.Id ?? '',
        state: TargetHealth?.State ?? '',
      }));
      const backend = backendName(arn);
      const count = (errors.get(backend) ?? 0) - (before?.get(backend) ?? 0);
      const about = {
        Timestamp: new Date(beganMs),
        Dimensions: [
          { Name: 'LoadBalancer', Value: suffixOf(loadBalancerArn, 'loadbalancer/') },
          { Name: 'TargetGroup', Value: suffixOf(arn, '') },
        ],
      };
      const hosts = unhealthy.get(arn)?.count(targets, Date.now()) ?? 0;
      const data = [
        // Only reported if there is one, and only if targets are registered.
        ...(count > 0 ? [{ ...about, MetricName: SERVER_ERRORS, Value: count }] : []),
        ...(targets.length > 0 ? [{ ...about, MetricName: UNHEALTHY_HOSTS, Value: hosts }] : []),
      ];
      if (data.length > 0) await cloudwatch.putMetricData({ Namespace: NAMESPACE, MetricData: data });
    }
    before = errors;
  };

  const judge = async (alarm: Alarm, endMs: number): Promise<void> => {
    const points = await datapoints(cloudwatch, alarm, pace.alarm(alarm.period), endMs);
    const { state, reason } = evaluateAlarm(alarm, points, alarm.state);
    if (state === alarm.state) return;
    await cloudwatch.setAlarmState({ AlarmName: alarm.name, StateValue: state, StateReason: reason });
  };

  const loop = (async () => {
    try {
      before = await control.serverErrors();
      let beganMs = Math.ceil(Date.now() / 1000) * 1000;
      while (!life.signal.aborted) {
        await Promise.race([Bun.sleep(beganMs + everyMs - Date.now()), untilAborted(life.signal)]);
        if (life.signal.aborted) return;
        await measure(beganMs);
        // After a long pause, missed values stay missing.
        const passed = Math.max(1, Math.floor((Date.now() - beganMs) / everyMs));
        beganMs += passed * everyMs;
        const alarms = await readAlarms(cloudwatch);
        for (const alarm of alarms.filter(isMeasured)) await judge(alarm, beganMs);
      }
    } catch (error) {
      if (!life.signal.aborted) options.onFailure(error);
    }
  })();
  return {
    stop: async () => {
      life.abort();
      await loop;
    },
  };
}

function isMeasured({ namespace, metricName }: Alarm): boolean {
  return MEASURED.includes(`${namespace} ${metricName}`);
}

/** The metric's last periods before `endMs`, oldest first. */
async function datapoints(
  cloudwatch: CloudWatch,
  { namespace, metricName, dimensions, statistic, evaluationPeriods }: Alarm,
  periodMs: number,
  endMs: number,
): Promise<(number | undefined)[]> {
  const count = evaluationPeriods + MORE_DATAPOINTS;
  const startMs = endMs - count * periodMs;
  const { Datapoints = [] } = await cloudwatch.getMetricStatistics({
    Namespace: namespace,
    MetricName: metricName,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Statistics: [statistic as Statistic],
    Period: periodMs / 1000,
    StartTime: new Date(startMs),
    EndTime: new Date(endMs),
  });
  const periods: (number | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const point of Datapoints) {
    const index = Math.floor(((point.Timestamp?.getTime() ?? 0) - startMs) / periodMs);
    if (index >= 0 && index < count) periods[index] = point[statistic as 'Sum'];
  }
  return periods;
}

/** The form in CloudWatch: app/NAME/ID, targetgroup/NAME/ID. */
function suffixOf(arn: string, prefix: string): string {
  const resource = arn.split(':').at(-1) ?? '';
  return resource.startsWith(prefix) ? resource.slice(prefix.length) : resource;
}
