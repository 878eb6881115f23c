import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { rollingScene } from '../scenes/rolling.ts';

const minutes: Source = {
  page: PAGES.protectionEndpoint,
  quote: 'You can specify a minimum of 1 minute to up to 2,880 minutes (48 hours).',
};
const deployments: Source = {
  page: PAGES.protection,
  quote:
    'You can use Amazon ECS task scale-in protection to protect your tasks from being terminated by scale-in events from either service auto scaling or deployments.',
};
const seen = inScene(async (world) => (await world.scene(rollingScene)).protection);

export const PROTECTION = theme('protection', [
  [
    'set',
    'a task protects itself with a PUT request to its agent',
    {
      page: PAGES.protectionEndpoint,
      quote: 'Use a PUT request to this URI from within a container to set task scale-in protection.',
    },
    true,
    seen(({ set }) => set),
  ],
  [
    'read',
    'a GET request returns the protection status',
    {
      page: PAGES.protectionEndpoint,
      quote: 'A GET request to this URI returns the current protection status of a task.',
    },
    200,
    seen(({ got }) => got),
  ],
  [
    'two-hours',
    'protection without a given time lasts two hours',
    {
      page: PAGES.protection,
      quote: 'When you set ProtectionEnabled to true, tasks are protected for 2 hours by default.',
    },
    120,
    seen(({ minutes: lasts }) => lasts),
  ],
  [
    'outside',
    'a protection time below a minute or above 48 hours is refused',
    minutes,
    [true, true],
    seen(({ outside }) => outside),
  ],
  [
    'within',
    'a protection time of a minute or of 48 hours is accepted',
    minutes,
    [true, true],
    seen(({ within }) => within),
  ],
  [
    'only-services',
    'a task without a service cannot be protected',
    {
      page: PAGES.protectionApi,
      means:
        'The protection is for tasks that belong to a service; others come back as a failure TASK_NOT_VALID.',
    },
    'TASK_NOT_VALID',
    seen(({ ofSingle }) => ofSingle),
  ],
  [
    'deployment',
    'a deployment does not stop a protected task',
    deployments,
    'RUNNING',
    seen(({ held }) => held),
  ],
  [
    'waits',
    'the deployment stays in progress until the protection is removed',
    deployments,
    'IN_PROGRESS',
    seen(({ waiting }) => waiting),
  ],
  [
    'released',
    'the deployment stops the task after the protection is removed',
    {
      page: PAGES.protectionEndpoint,
      quote: 'Specify false to remove protection and make the task eligible for termination.',
    },
    'STOPPED',
    seen(({ released }) => released),
  ],
  [
    'scale-in',
    'scaling in stops the task that is not protected',
    deployments,
    true,
    seen(({ scaledIn }) => scaledIn),
  ],
]);
