import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { bakingScene } from '../scenes/baking.ts';

const bake: Source = {
  page: PAGES.alarms,
  quote:
    'The bake time is a period of time after a new service version has scaled out and the old service version has scaled in, during which Amazon ECS continues to monitor the alarm associated with the deployment.',
};
const alarm: Source = {
  page: PAGES.alarms,
  quote:
    'You can configure Amazon ECS to set the deployment to failed when it detects that a specified CloudWatch alarm has gone into the ALARM state.',
};
const back: Source = {
  page: PAGES.alarms,
  quote:
    'You can optionally set the configuration to roll back a failed deployment to the last completed deployment.',
};
const inAlarm: Source = {
  page: PAGES.alarms,
  means:
    'Where an alarm is in ALARM when a deployment begins, ECS does not watch alarms during this deployment, so that it can be the mend.',
};
const seen = inScene(bakingScene);

export const BAKE = theme('bake', [
  ['first', 'a first deployment with alarms is completed', bake, 'COMPLETED', seen(({ first }) => first)],
  [
    'bakes',
    'a deployment stays in progress for the bake time, after its tasks are healthy and the old ones are gone',
    bake,
    true,
    seen(({ baked }) => baked),
  ],
  [
    'completed',
    'a deployment is completed after a bake time without an alarm',
    bake,
    'COMPLETED',
    seen(({ completed }) => completed),
  ],
  [
    'begun-in-alarm',
    'an alarm that is in ALARM when the deployment begins is ignored',
    inAlarm,
    'completed',
    seen(({ begunInAlarm }) => begunInAlarm),
  ],
  [
    'fails',
    'an alarm that goes into ALARM during the deployment fails the deployment',
    alarm,
    true,
    seen(({ fired }) => fired.said),
  ],
  [
    'no-failed-tasks',
    'a deployment that an alarm fails has no failed tasks',
    alarm,
    0,
    seen(({ fired }) => fired.failedTasks),
  ],
  [
    'back',
    'the service rolls back to the last completed deployment',
    back,
    true,
    seen(({ fired }) => fired.back),
  ],
]);
