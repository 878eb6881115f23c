import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import type { AwsClients } from '../emulator/aws-clients.ts';
import { decideScaling, type TrackedMetric } from './target-tracking.ts';

export interface AutoscalerOptions {
  clients: AwsClients;
  cluster: string;
  service: string;
  /** The period of one metric value; a minute on AWS. */
  periodMs: number;
  /** Cooldowns are divided by it. */
  paceFactor: number;
  now: () => number;
  say: (message: string) => void;
}

/** ECS's own metric has these two dimensions. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
const PREDEFINED: Record<string, { namespace: string; name: string }> = {
  ECSServiceAverageCPUUtilization: { namespace: 'AWS/ECS', name: 'CPUUtilization' },
};
const PERIODS = 15;

/** Does Application Auto Scaling's work for one service: reads its policies and their metrics, changes desiredCount. */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #lastOutMs: number | undefined;
  #lastInMs: number | undefined;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** One evaluation; call it once per period. */
  async look(): Promise<void> {
    const { clients, cluster, service, now, say } = this.#options;
    const resource = `service/${cluster}/${service}`;
    const [targets, policies, services] = await Promise.all([
      clients.autoscaling.describeScalableTargets({ ServiceNamespace: 'ecs', ResourceIds: [resource] }),
      clients.autoscaling.describeScalingPolicies({ ServiceNamespace: 'ecs', ResourceId: resource }),
      clients.ecs.describeServices({ cluster, services: [service] }),
    ]);
    const [target] = targets.ScalableTargets ?? [];
    const current = services.services?.[0]?.desiredCount;
    if (!target || current === undefined) return;
    const metrics = await Promise.all(
      (policies.ScalingPolicies ?? []).map(async (policy) => this.#read(policy)),
    );
    const decision = decideScaling(metrics, {
      current,
      min: target.MinCapacity ?? current,
      max: target.MaxCapacity ?? current,
      nowMs: now(),
      lastOutMs: this.#lastOutMs,
      lastInMs: this.#lastInMs,
    });
    if (!decision) return;
    if (decision.desired > current) this.#lastOutMs = now();
    else this.#lastInMs = now();
    say(`(service ${service}) scales from ${current} to ${decision.desired} tasks: ${decision.reason}.`);
    await clients.ecs.updateService({ cluster, service, desiredCount: decision.desired });
  }

  async #read(policy: ScalingPolicy): Promise<TrackedMetric> {
    const { paceFactor } = this.#options;
    const configuration = policy.TargetTrackingScalingPolicyConfiguration;
    if (!configuration)
      throw new Error(`scaling policy ${policy.PolicyName} of type ${policy.PolicyType} is not rehearsed`);
    return {
      name: policy.PolicyName ?? '',
      targetValue: configuration.TargetValue ?? 0,
      scaleOutCooldownMs: ((configuration.ScaleOutCooldown ?? 300) * 1000) / paceFactor,
      scaleInCooldownMs: ((configuration.ScaleInCooldown ?? 300) * 1000) / paceFactor,
      disableScaleIn: configuration.DisableScaleIn ?? false,
      periods: await this.#periods(configuration),
    };
  }

  /** The metric's last periods, each computed from the values within it. */
  async #periods(
    configuration: NonNullable<ScalingPolicy['TargetTrackingScalingPolicyConfiguration']>,
  ): Promise<(number | undefined)[]> {
    const { clients, cluster, service, periodMs, now } = this.#options;
    const custom = configuration.CustomizedMetricSpecification;
    const kind = configuration.PredefinedMetricSpecification?.PredefinedMetricType ?? '';
    const predefined = PREDEFINED[kind];
    if (!custom && !predefined) throw new Error(`metric ${kind} is not rehearsed`);
    const statistic = custom?.Statistic ?? 'Average';
    const startMs = now() - (PERIODS + 1) * periodMs;
    const { Datapoints = [] } = await clients.cloudwatch.getMetricStatistics({
      Namespace: custom?.Namespace ?? predefined?.namespace,
      MetricName: custom?.MetricName ?? predefined?.name,
      Dimensions: custom
        ? (custom.Dimensions ?? []).map(({ Name, Value }) => ({ Name, Value }))
        : [
            { Name: 'ClusterName', Value: cluster },
            { Name: 'ServiceName', Value: service },
          ],
      Statistics: [statistic],
      Period: Math.max(1, Math.round(periodMs / 1000)),
      StartTime: new Date(startMs),
      EndTime: new Date(now()),
    });
    const periods: (number | undefined)[] = Array.from({ length: PERIODS + 1 }, () => undefined);
    for (const point of Datapoints) {
      const index = Math.floor(((point.Timestamp?.getTime() ?? 0) - startMs) / periodMs);
      if (index >= 0 && index <= PERIODS) periods[index] = point[statistic as 'Average'];
    }
    // Values of the newest one may not have arrived yet.
    return periods.at(-1) === undefined ? periods.slice(0, -1) : periods;
  }
}
