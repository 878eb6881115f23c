import type { ServiceView } from './service-view.ts';

/** One response of /version through the load balancer: its revision, or why there was none. */
export type ServedAnswer = { revision: string } | { failure: string };

export type Judgement =
  | { kind: 'served' }
  | { kind: 'wait'; what: string }
  /** The deployment failed and there is no earlier one to return to: ECS starts no task until something changes. */
  | { kind: 'stalled'; reason: string }
  /** ECS returned to the earlier version by itself, through its circuit breaker or an alarm. */
  | { kind: 'rolled-back'; reason: string };

/** Number of responses, on separate connections, that must agree: the load balancer has several nodes and targets. */
export const AGREEING_ANSWERS = 6;

/**
 * The state of a deploy. "Served" requires both: ECS reports the rollout of this task definition as completed, and the
 * latest responses through the load balancer all have the revision. A service that is steady on another task definition
 * is not a success, even if it is healthy.
 */
export function judge(
  wanted: { taskDefinition: string; revision: string },
  view: ServiceView,
  answers: readonly ServedAnswer[],
): Judgement {
  // A restarted deployment has the same task definition; the newest one is primary.
  const own = view.deployments
    .filter(({ taskDefinition }) => taskDefinition === wanted.taskDefinition)
    .toSorted((a, b) => Number(b.isPrimary) - Number(a.isPrimary))[0];
  const primary = view.deployments.find(({ isPrimary }) => isPrimary);
  const rollout = view.rollout?.status ?? '';
  const isAlone = view.deployments.every((one) => one === own || one.state === 'FAILED');
  if (own?.state === 'FAILED' && own.isPrimary && isAlone)
    return { kind: 'stalled', reason: reasonOf(own.reason, view) };
  if (own?.state === 'FAILED') return rolledBack(own.reason, view);
  if (/^(ROLLBACK|STOPPED|STOP_REQUESTED)/.test(rollout) && !own?.isPrimary) return rolledBack('', view);
  if (primary && !own)
    return rolledBack('The service runs another task definition than the one that was applied.', view);
  if (own && !own.isPrimary) return rolledBack(own.reason, view);
  if (!own) return { kind: 'wait', what: 'the service does not exist yet' };
  if (own.state !== 'COMPLETED')
    return {
      kind: 'wait',
      what: `${own.running} of ${own.desired} new tasks run, ${describe(answers.at(-1))}`,
    };
  const agree = answers.filter(
    (answer) => 'revision' in answer && answer.revision === wanted.revision,
  ).length;
  if (answers.length >= AGREEING_ANSWERS && agree === answers.length) return { kind: 'served' };
  return {
    kind: 'wait',
    what: `ECS is done, ${agree} of ${AGREEING_ANSWERS} answers carry it, ${describe(answers.find((answer) => !('revision' in answer && answer.revision === wanted.revision)))}`,
  };
}

function rolledBack(reason: string, view: ServiceView): Judgement {
  return { kind: 'rolled-back', reason: reasonOf(reason, view) };
}

function reasonOf(reason: string, { rollout, events }: ServiceView): string {
  const words = [reason, rollout?.reason ?? ''].map((text) => text.trim()).find(Boolean);
  return words ?? events[0] ?? 'ECS gave no reason.';
}

function describe(answer: ServedAnswer | undefined): string {
  if (!answer) return 'nothing was asked yet';
  return 'revision' in answer ? `${answer.revision} is served` : answer.failure;
}
