/** One of the service's deployment alarms, from DescribeAlarms. */
export interface SeenAlarm {
  name: string;
  state: string;
  /** In seconds. */
  period: number;
  evaluationPeriods: number;
}

/** The alarms' effect on the current deployment. */
export interface AlarmVerdict {
  /** Alarms that fired since the deployment began. */
  fired: string[];
  /** How long the deployment is watched once only its tasks are left, in milliseconds; 0 without alarms. */
  bakeMs: number;
}

const UNWATCHED: AlarmVerdict = { fired: [], bakeMs: 0 };

/**
 * Which of the service's alarms fail a deployment. They are polled from when one of its tasks runs until its bake time
 * is over, which ECS derives from the alarms' settings: here the longest of their evaluation windows. If one is in
 * ALARM when a deployment begins, all are ignored during it, so that a better version can be deployed.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */
export class DeploymentAlarms {
  /** By deployment, from its first poll on. */
  readonly #watched = new Map<string, boolean>();

  look(
    deploymentId: string,
    running: number,
    alarms: readonly SeenAlarm[],
    periodMs: (seconds: number) => number,
  ): AlarmVerdict {
    const inAlarm = alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => name);
    const watched = this.#watched.get(deploymentId) ?? inAlarm.length === 0;
    this.#watched.set(deploymentId, watched);
    if (!watched) return UNWATCHED;
    const lengths = alarms.map(({ period, evaluationPeriods }) => periodMs(period) * evaluationPeriods);
    return { fired: running > 0 ? inAlarm : [], bakeMs: Math.max(0, ...lengths) };
  }
}
