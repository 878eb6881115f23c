/** How many tasks a service may have while it is changed. */
export interface RollingLimits {
  /** As many healthy ones must stay. */
  lower: number;
  /** No more may be pending or running. */
  upper: number;
}

/**
 * The lower limit is rounded up, the upper one down.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */
export function rollingLimits(
  desired: number,
  configuration: { minimumHealthyPercent: number; maximumPercent: number },
): RollingLimits {
  return {
    lower: Math.ceil((desired * configuration.minimumHealthyPercent) / 100),
    upper: Math.floor((desired * configuration.maximumPercent) / 100),
  };
}
