import { theme, type Seen, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { stoppingScene, type StoppingFacts } from '../scenes/stopping.ts';
import type { World } from '../world.ts';

const sigterm: Source = {
  page: PAGES.stopTask,
  quote:
    'This results in a SIGTERM value and a default 30-second timeout, after which the SIGKILL value is sent and the containers are forcibly stopped.',
};
const graceful: Source = {
  page: PAGES.stopTask,
  quote:
    'If the container handles the SIGTERM value gracefully and exits within 30 seconds from receiving it, no SIGKILL value is sent.',
};
const timeout: Source = {
  page: PAGES.containerDefinition,
  means:
    'stopTimeout: seconds to wait before the container is killed if it does not exit by itself; on Fargate 120 at most.',
};
const task = (means: string): Source => ({ page: PAGES.taskApi, means });
const seen =
  (pick: (facts: StoppingFacts) => Seen) =>
  async (world: World): Promise<Seen> =>
    pick(await world.scene(stoppingScene));

export const STOP = theme('stop', [
  ['sigterm', 'a task that is stopped gets SIGTERM', sigterm, true, seen(({ askedLog }) => askedLog)],
  ['graceful', 'one that ends on SIGTERM is not killed', graceful, 0, seen(({ asked }) => asked.exitCode)],
  [
    'code',
    'its stop code is that of a person',
    task('stopCode UserInitiated: somebody called StopTask.'),
    'UserInitiated',
    seen(({ asked }) => asked.stopCode),
  ],
  [
    'reason',
    'the reason that was given is shown',
    { page: PAGES.stopTask, means: 'The reason appears in later DescribeTasks calls.' },
    'a drill',
    seen(({ asked }) => asked.reason),
  ],
  [
    'desired',
    'it is stopped, and meant to be',
    task('desiredStatus and lastStatus of a stopped task are STOPPED.'),
    ['STOPPED', 'STOPPED'],
    seen(({ asked }) => [asked.desiredStatus, asked.lastStatus]),
  ],
  ['killed', 'one that ignores SIGTERM is killed', sigterm, 137, seen(({ stubborn }) => stubborn.exitCode)],
  [
    'not-before',
    'it is not killed before its stop timeout',
    timeout,
    true,
    seen(({ stubbornLong }) => stubbornLong),
  ],
  [
    'most',
    'a stop timeout of more than 120 s is refused on Fargate',
    timeout,
    true,
    seen(({ tooLong }) => tooLong),
  ],
  [
    'own-code',
    'a program that ends by itself has its own exit code',
    task('exitCode is what the container returned.'),
    3,
    seen(({ own }) => own.exitCode),
  ],
  [
    'own-stop-code',
    'its stop code is that of an essential container',
    task('stopCode EssentialContainerExited: an essential container exited.'),
    'EssentialContainerExited',
    seen(({ own }) => own.stopCode),
  ],
  [
    'command',
    'RunTask replaces command and environment',
    { page: PAGES.taskApi, means: 'overrides: command and environment of a container for this task.' },
    'hello from the check',
    seen(({ ownLog }) => ownLog[0] ?? ''),
  ],
  [
    'last-lines',
    'lines that were written right before the end are in the log',
    { page: PAGES.logs, means: 'The awslogs driver passes what the container writes to CloudWatch Logs.' },
    1,
    seen(({ ownLog }) => ownLog.length),
  ],
  [
    'group',
    'a task without a service is in the group of its family',
    task('group is family:name where none was given.'),
    'family',
    seen(({ ownGroup }) => ownGroup),
  ],
  [
    'no-image',
    'a task whose image is not there never ran',
    { page: PAGES.stopped, quote: 'CannotPullContainerError' },
    ['TaskFailedToStart', 'CannotPullContainerError', null],
    seen(({ image }) => [image.stopCode, image.reason, image.exitCode]),
  ],
  [
    'no-log-group',
    'a task whose log group is not there never ran',
    {
      page: PAGES.initializationError,
      means: 'ResourceInitializationError: failed to validate logger args.',
    },
    ['TaskFailedToStart', 'ResourceInitializationError', null],
    seen(({ logGroup }) => [logGroup.stopCode, logGroup.reason, logGroup.exitCode]),
  ],
]);
