import { inScene, theme, type Seen, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { firstScene } from '../scenes/first.ts';
import { rollingScene } from '../scenes/rolling.ts';
import { stoppingScene, type Ended } from '../scenes/stopping.ts';

const inject: Source = {
  page: PAGES.secrets,
  quote:
    'When you inject a secret as an environment variable, you can specify the full contents of a secret, a specific JSON key within a secret.',
};
const atStart: Source = {
  page: PAGES.secrets,
  quote:
    'If the secret is subsequently updated or rotated, the container will not receive the updated value automatically.',
};
const fresh: Source = {
  page: PAGES.secrets,
  quote:
    'You must either launch a new task or if your task is part of a service you can update the service and use the Force new deployment option to force the service to launch a fresh task.',
};
const noStart: Source = {
  page: PAGES.initializationError,
  means:
    'A task whose secrets cannot be read stops with ResourceInitializationError: unable to pull secrets or registry auth.',
};
const seen = inScene(rollingScene);
const ended = inScene(stoppingScene);
const endOf = ({ stopCode, reason, exitCode }: Ended): Seen => ({ stopCode, reason, exitCode });
const NEVER_RAN = { stopCode: 'TaskFailedToStart', reason: 'ResourceInitializationError', exitCode: null };

export const SECRETS = theme('secrets', [
  [
    'whole',
    'a container gets a whole secret',
    inject,
    '{"id":"web","word":"first"}',
    seen(({ first }) => first.environment['WHOLE'] ?? ''),
  ],
  [
    'plain',
    'a secret need not be JSON',
    inject,
    'plain first',
    seen(({ first }) => first.environment['PLAIN'] ?? ''),
  ],
  [
    'key',
    'a container gets one key of a secret',
    inject,
    'web',
    seen(({ first }) => first.environment['KEY'] ?? ''),
  ],
  [
    'stage',
    'a container gets a key of a version stage',
    {
      page: PAGES.secrets,
      means: 'valueFrom may name a JSON key, a version stage and a version id after the ARN.',
    },
    'first',
    seen(({ first }) => first.environment['STAGED'] ?? ''),
  ],
  [
    'not-updated',
    'a running task keeps the value from its start',
    atStart,
    'plain first',
    seen(({ afterChange }) => afterChange ?? ''),
  ],
  [
    'next-task',
    'a new task gets the new value',
    fresh,
    'plain second',
    seen(({ afterDeploy }) => afterDeploy ?? ''),
  ],
  [
    'force',
    'a forced new deployment gets a value that was added later',
    fresh,
    'filled',
    async (world) => (await world.scene(firstScene)).healed,
  ],
  [
    'missing',
    'a task does not start if its secret is missing',
    noStart,
    NEVER_RAN,
    ended(({ secret }) => endOf(secret)),
  ],
  [
    'missing-key',
    'a task does not start if its secret lacks the key',
    noStart,
    NEVER_RAN,
    ended(({ key }) => endOf(key)),
  ],
]);
