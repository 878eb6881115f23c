/** A target tracking policy with its metric's values, oldest first: one per period, undefined without data. */
export interface TrackedMetric {
  name: string;
  targetValue: number;
  scaleOutCooldownMs: number;
  scaleInCooldownMs: number;
  disableScaleIn: boolean;
  periods: readonly (number | undefined)[];
}

export interface ScalingState {
  current: number;
  min: number;
  max: number;
  nowMs: number;
  /** When capacity was last added and removed. */
  lastOutMs: number | undefined;
  lastInMs: number | undefined;
}

/** Periods in a row above the target, or clearly below it, that trigger an alarm. */
const PERIODS_HIGH = 3;
const PERIODS_LOW = 15;
const LOW_PART = 0.9;

export interface ScalingDecision {
  desired: number;
  reason: string;
}

/**
 * The capacity that a service's policies request; undefined if it stays. Any policy may add; capacity is only removed
 * if all agree; each in proportion to its metric and target, within the limits and after its cooldown.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 */
export function decideScaling(
  policies: readonly TrackedMetric[],
  state: ScalingState,
): ScalingDecision | undefined {
  const { current, min, max, nowMs, lastOutMs, lastInMs } = state;
  // A manual count beyond the limits stays until an alarm on that side.
  const within = (desired: number): number => Math.min(max, Math.max(min, desired));
  const high = policies.filter((policy) => isHigh(policy));
  if (high.length > 0) {
    const [most] = high
      .map((policy) => ({ policy, desired: wanted(policy, current) }))
      .toSorted((a, b) => b.desired - a.desired);
    if (!most || isCooling(lastOutMs, most.policy.scaleOutCooldownMs, nowMs)) return undefined;
    return changed(Math.max(current, within(most.desired)), current, most.policy, 'above');
  }
  const mayShrink =
    policies.length > 0 && policies.every((policy) => isLow(policy) && !policy.disableScaleIn);
  if (!mayShrink) return undefined;
  const [least] = policies
    .map((policy) => ({ policy, desired: wanted(policy, current) }))
    .toSorted((a, b) => b.desired - a.desired);
  if (!least) return undefined;
  const cooldownMs = Math.max(...policies.map((policy) => policy.scaleInCooldownMs));
  const lastMs = Math.max(lastOutMs ?? Number.NEGATIVE_INFINITY, lastInMs ?? Number.NEGATIVE_INFINITY);
  if (isCooling(lastMs, cooldownMs, nowMs)) return undefined;
  return changed(Math.min(current, within(least.desired)), current, least.policy, 'below');
}

function isHigh({ periods, targetValue }: TrackedMetric): boolean {
  const last = periods.slice(-PERIODS_HIGH);
  return last.length === PERIODS_HIGH && last.every((value) => value !== undefined && value > targetValue);
}

function isLow({ periods, targetValue }: TrackedMetric): boolean {
  const last = periods.slice(-PERIODS_LOW);
  return (
    last.length === PERIODS_LOW &&
    last.every((value) => value !== undefined && value < targetValue * LOW_PART)
  );
}

function wanted({ periods, targetValue }: TrackedMetric, current: number): number {
  return Math.ceil((current * (periods.at(-1) ?? 0)) / targetValue);
}

function isCooling(lastMs: number | undefined, cooldownMs: number, nowMs: number): boolean {
  return lastMs !== undefined && nowMs - lastMs < cooldownMs;
}

function changed(
  desired: number,
  current: number,
  { name, periods, targetValue }: TrackedMetric,
  side: 'above' | 'below',
): ScalingDecision | undefined {
  if (desired === current) return undefined;
  return { desired, reason: `${name} is ${periods.at(-1)}, ${side} its target ${targetValue}` };
}
