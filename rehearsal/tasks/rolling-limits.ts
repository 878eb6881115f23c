/** How many tasks a service may have during a deployment. */
export interface RollingLimits {
  /** Least number of healthy tasks. */
  lower: number;
  /** Most pending and running tasks. */
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
