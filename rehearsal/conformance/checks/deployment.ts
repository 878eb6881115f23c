import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { rollingScene } from '../scenes/rolling.ts';

const lower: Source = {
  page: PAGES.rolling,
  quote:
    'The minimumHealthyPercent represents the lower limit on the number of tasks that should be running for a service during a deployment',
};
const upper: Source = {
  page: PAGES.rolling,
  quote:
    'The maximumPercent represents the upper limit on the number of tasks that should be running for a service during a deployment',
};
const replaces: Source = {
  page: PAGES.rolling,
  quote:
    'when a new service deployment is started the Amazon ECS service scheduler replaces the currently running tasks with new tasks',
};
const states: Source = {
  page: PAGES.breaker,
  quote: 'When the service reaches a steady state, the rollout state transitions to COMPLETED.',
};
const order: Source = {
  page: PAGES.lifecycle,
  means:
    'A task that stops goes through DEACTIVATING, STOPPING, DEPROVISIONING and STOPPED; it is taken out of its target group in DEACTIVATING, before its containers are stopped.',
};
const metadata = (means: string): Source => ({ page: PAGES.metadata, means });
const ORDER = ['RUNNING', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'];

const seen = inScene(rollingScene);
const inOrder = (statuses: readonly string[]): boolean =>
  statuses.every(
    (status, index) => index === 0 || ORDER.indexOf(status) > ORDER.indexOf(statuses[index - 1] ?? ''),
  );

export const DEPLOYMENT = theme('deployment', [
  [
    'first',
    'a first deployment is completed when its tasks are healthy',
    states,
    'COMPLETED',
    seen(({ first }) => first.rolloutState),
  ],
  [
    'group',
    'a task of a service is in the group of its service',
    { page: PAGES.taskApi, means: 'group is service:name for a task that a service started.' },
    ['service:rolling'],
    seen(({ first }) => first.groups),
  ],
  [
    'zones',
    'two tasks are in two zones',
    { page: PAGES.rolling, means: 'The service scheduler balances tasks across Availability Zones.' },
    2,
    seen(({ first }) => first.zones),
  ],
  [
    'environment',
    'a container has the environment of its task definition',
    { page: PAGES.parameters, means: 'environment: the variables that are passed to a container.' },
    'yes',
    seen(({ first }) => first.environment['GIVEN'] ?? ''),
  ],
  [
    'on-fargate',
    'a variable tells a container that it runs on Fargate',
    { page: PAGES.metadata, means: 'AWS_EXECUTION_ENV is AWS_ECS_FARGATE.' },
    'AWS_ECS_FARGATE',
    seen(({ first }) => first.environment['AWS_EXECUTION_ENV'] ?? ''),
  ],
  [
    'metadata-cluster',
    'the metadata of a task names its cluster',
    metadata('Cluster is the ARN or the short name of the cluster.'),
    true,
    seen(({ first }) => (first.metadata['Cluster'] ?? '').endsWith(first.cluster)),
  ],
  [
    'metadata-launch',
    'the metadata of a task says how it was launched',
    metadata('LaunchType is the launch type of the task.'),
    'FARGATE',
    seen(({ first }) => first.metadata['LaunchType'] ?? ''),
  ],
  [
    'no-failure',
    'no request fails while tasks are replaced',
    lower,
    ['200 1', '200 2'],
    seen(({ answers }) => answers),
  ],
  [
    'lower',
    'there are always as many healthy tasks as desired',
    lower,
    true,
    seen(({ leastHealthy }) => leastHealthy >= 2),
  ],
  [
    'upper',
    'there are never more than twice as many tasks as desired',
    upper,
    true,
    seen(({ mostTasks }) => mostTasks > 2 && mostTasks <= 4),
  ],
  [
    'both',
    'the old deployment is listed beside the new one',
    {
      page: PAGES.deploymentApi,
      means: 'PRIMARY is the most recent deployment, ACTIVE one that still has running tasks.',
    },
    ['ACTIVE COMPLETED', 'PRIMARY COMPLETED', 'PRIMARY IN_PROGRESS'],
    seen(({ deployments }) => deployments.filter((one) => one !== 'ACTIVE IN_PROGRESS')),
  ],
  [
    'streams',
    'responses in progress at the old tasks are completed',
    {
      page: PAGES.targetGroupAttributes,
      quote:
        'Elastic Load Balancing waits 300 seconds before completing the deregistration process, which can help in-flight requests to the target to complete.',
    },
    [true, true, true, true],
    seen(({ streams }) => streams),
  ],
  [
    'sigterm-last',
    'SIGTERM comes after the last answer',
    order,
    ['sigterm', 'sigterm'],
    seen(({ orderOfEnd }) => orderOfEnd),
  ],
  [
    'order',
    'a task goes through its states in order',
    order,
    true,
    seen(({ statuses }) => statuses.every(inOrder)),
  ],
  [
    'deactivating',
    'a task is DEACTIVATING while its target drains',
    order,
    true,
    seen(({ statuses }) => statuses.some((one) => one.includes('DEACTIVATING'))),
  ],
  [
    'stopped',
    'the old tasks are stopped at the end',
    replaces,
    ['STOPPED', 'STOPPED'],
    seen(({ replaced }) => replaced.map(({ lastStatus = '' }) => lastStatus)),
  ],
  [
    'stop-code',
    'the service scheduler has stopped them',
    {
      page: PAGES.taskApi,
      means: 'stopCode ServiceSchedulerInitiated: the service scheduler has stopped the task.',
    },
    ['ServiceSchedulerInitiated', 'ServiceSchedulerInitiated'],
    seen(({ replaced }) => replaced.map(({ stopCode = '' }) => stopCode)),
  ],
  [
    'stop-reason',
    'the stopped reason is the scaling activity of the deployment',
    { page: PAGES.stopped, quote: 'Scaling activity initiated by' },
    true,
    seen(({ replaced }) =>
      replaced.every(({ stoppedReason = '' }) =>
        stoppedReason.startsWith('Scaling activity initiated by (deployment '),
      ),
    ),
  ],
  [
    'exit-code',
    'a program that exits on SIGTERM keeps its own exit code',
    { page: PAGES.taskApi, means: 'exitCode is what the container returned.' },
    [0, 0],
    seen(({ replaced }) => replaced.map(({ containers }) => containers?.[0]?.exitCode ?? null)),
  ],
  [
    'steady-event',
    'an event says that the service is steady',
    { page: PAGES.serviceEvents, quote: 'has reached a steady state.' },
    true,
    seen(({ steadySaid }) => steadySaid),
  ],
  [
    'emptied',
    'a desired count of 0 leaves no task and no target',
    { page: PAGES.rolling, means: 'The service scheduler keeps the desired number of tasks.' },
    true,
    seen(({ protection }) => protection.emptied),
  ],
]);
