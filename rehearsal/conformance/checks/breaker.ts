import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { breakingScene, type Failure } from '../scenes/breaking.ts';
import { firstScene } from '../scenes/first.ts';

const fails: Source = {
  page: PAGES.breaker,
  quote:
    'If the service fails to reach a steady state and circuit breaker is turned on, the deployment will transition to a FAILED state.',
};
const noMore: Source = {
  page: PAGES.breaker,
  quote: "A deployment in a FAILED state doesn't launch any new tasks.",
};
const rollsBack: Source = {
  page: PAGES.breakerApi,
  quote:
    'If rollback is on, when a service deployment fails, the service is rolled back to the last deployment that completed successfully.',
};
const threshold: Source = {
  page: PAGES.breaker,
  means:
    'The threshold is half of the desired count, but 3 at least and 200 at most; tasks that fail in a row are counted.',
};
const stage2: Source = {
  page: PAGES.breaker,
  quote:
    'When a health check fails for the task, the deployment circuit breaker increases the failure count by one.',
};
const stage1: Source = {
  page: PAGES.breaker,
  means:
    'When tasks fail to reach the RUNNING state, the circuit breaker increases the failure count by one.',
};
const codes: Source = {
  page: PAGES.stopped,
  means: 'The page lists each error with the beginning of its stoppedReason.',
};

const seen = inScene(breakingScene);
const atFirst = inScene(firstScene);
const begins = (failure: Failure, text: string): boolean =>
  failure.stopped.length > 0 && failure.stopped.every(({ reason }) => reason.startsWith(text));

export const BREAKER = theme('breaker', [
  ['failed', 'a deployment whose tasks end at once fails', fails, true, seen(({ crash }) => crash.failed)],
  [
    'begins',
    'a deployment is in progress before it fails',
    {
      page: PAGES.breaker,
      quote: 'When a new deployment is started, the rollout state begins in an IN_PROGRESS state.',
    },
    true,
    seen(({ crash }) => crash.states.includes('IN_PROGRESS')),
  ],
  [
    'threshold',
    'a deployment of two desired tasks fails after three failed tasks',
    threshold,
    true,
    // Without the tasks that end at once: ECS replaces them before it counts them, whatever the threshold is. Two
    // tasks start at once, so a fourth may have failed before ECS counted the third.
    seen(({ image, sick }) => image.stopped.length >= 3 && sick.stopped.length >= 3),
  ],
  [
    'back',
    'the service rolls back to the last completed deployment',
    rollsBack,
    true,
    seen(({ crash }) => crash.back),
  ],
  [
    'event-back',
    'an event reports the rollback',
    { page: PAGES.serviceEvents, means: 'service (name) rolling back to deployment id.' },
    true,
    seen(({ crash }) => crash.rolledBack),
  ],
  [
    'old-serves',
    'the old version answers during the whole failed deployment',
    {
      page: PAGES.rolling,
      means: 'Tasks of the last version are only stopped when there are enough healthy ones of the next.',
    },
    ['200 1'],
    seen(({ crash }) => crash.answers),
  ],
  [
    'crash-code',
    'a task whose program exited has that stop code',
    { page: PAGES.taskApi, means: 'stopCode EssentialContainerExited' },
    true,
    seen(
      ({ crash }) =>
        crash.stopped.length > 0 && crash.stopped.every(({ code }) => code === 'EssentialContainerExited'),
    ),
  ],
  [
    'crash-reason',
    'the stopped reason is that an essential container exited',
    { page: PAGES.stopped, quote: 'Essential container in task exited' },
    true,
    seen(({ crash }) => begins(crash, 'Essential container in task exited')),
  ],
  [
    'image',
    'a missing image fails the deployment',
    stage1,
    [true, true],
    seen(({ image }) => [image.failed, image.back]),
  ],
  [
    'image-reason',
    'the tasks say that the image cannot be pulled',
    { page: PAGES.stopped, quote: 'CannotPullContainerError' },
    true,
    seen(({ image }) => begins(image, 'CannotPullContainerError')),
  ],
  [
    'sick',
    'a failing health check of the load balancer fails the deployment',
    stage2,
    [true, true],
    seen(({ sick }) => [sick.failed, sick.back]),
  ],
  [
    'sick-reason',
    'the tasks say that their health checks failed',
    codes,
    true,
    seen(
      ({ sick }) =>
        sick.stopped.length > 0 &&
        sick.stopped.every(({ reason }) => /^Task failed (ELB )?health checks/.test(reason)),
    ),
  ],
  [
    'secret',
    'a missing secret fails the deployment',
    stage1,
    [true, true],
    seen(({ secret }) => [secret.failed, secret.back]),
  ],
  [
    'log-group',
    'a missing log group fails the deployment',
    stage1,
    [true, true],
    seen(({ logGroup }) => [logGroup.failed, logGroup.back]),
  ],
  [
    'off',
    'without the circuit breaker a deployment continues after more failures',
    {
      page: PAGES.rolling,
      quote:
        'By default, when a service using the rolling update deployment type starts a new deployment, the service scheduler will launch new tasks until the desired count is reached.',
    },
    'IN_PROGRESS',
    seen(({ off }) => off.state),
  ],
  [
    'throttled',
    'an event says that tasks cannot be started consistently',
    { page: PAGES.throttle, quote: 'unable to consistently start tasks successfully' },
    true,
    seen(({ off }) => off.throttled),
  ],
  [
    'first',
    'a first deployment that fails stays failed',
    rollsBack,
    ['FAILED', 0],
    atFirst(({ state, running }) => [state, running]),
  ],
  [
    'first-no-more',
    'a failed first deployment starts no more tasks, even after the cause is fixed',
    noMore,
    0,
    atFirst(({ startedLater }) => startedLater),
  ],
]);
