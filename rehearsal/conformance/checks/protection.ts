import { theme, type Seen, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { rollingScene, type RollingFacts } from '../scenes/rolling.ts';
import type { World } from '../world.ts';

const minutes: Source = {
  page: PAGES.protectionEndpoint,
  quote: 'You can specify a minimum of 1 minute to up to 2,880 minutes (48 hours).',
};
const deployments: Source = {
  page: PAGES.protection,
  quote:
    'You can use Amazon ECS task scale-in protection to protect your tasks from being terminated by scale-in events from either service auto scaling or deployments.',
};
const seen =
  (pick: (facts: RollingFacts['protection']) => Seen) =>
  async (world: World): Promise<Seen> =>
    pick((await world.scene(rollingScene)).protection);

export const PROTECTION = theme('protection', [
  [
    'set',
    'a task protects itself by a PUT to its agent',
    {
      page: PAGES.protectionEndpoint,
      quote: 'Use a PUT request to this URI from within a container to set task scale-in protection.',
    },
    true,
    seen(({ set }) => set),
  ],
  [
    'read',
    'a GET tells it',
    {
      page: PAGES.protectionEndpoint,
      quote: 'A GET request to this URI returns the current protection status of a task.',
    },
    200,
    seen(({ got }) => got),
  ],
  [
    'two-hours',
    'it lasts two hours without a time',
    {
      page: PAGES.protection,
      quote: 'When you set ProtectionEnabled to true, tasks are protected for 2 hours by default.',
    },
    120,
    seen(({ minutes: lasts }) => lasts),
  ],
  [
    'outside',
    'less than a minute and more than 48 hours are refused',
    minutes,
    [true, true],
    seen(({ outside }) => outside),
  ],
  ['within', 'a minute and 48 hours are taken', minutes, [true, true], seen(({ within }) => within)],
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
    'the deployment goes on until it is released',
    deployments,
    'IN_PROGRESS',
    seen(({ waiting }) => waiting),
  ],
  [
    'released',
    'once it is released the deployment stops it',
    {
      page: PAGES.protectionEndpoint,
      quote: 'Specify false to remove protection and make the task eligible for termination.',
    },
    'STOPPED',
    seen(({ released }) => released),
  ],
  [
    'scale-in',
    'scaling in takes the task that is not protected',
    deployments,
    true,
    seen(({ scaledIn }) => scaledIn),
  ],
]);
