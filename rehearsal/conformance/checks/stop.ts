import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { stoppingScene } from '../scenes/stopping.ts';

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
const seen = inScene(stoppingScene);

export const STOP = theme('stop', [
  ['sigterm', 'a task that is stopped gets SIGTERM', sigterm, true, seen(({ askedLog }) => askedLog)],
  [
    'graceful',
    'a task that exits on SIGTERM is not killed',
    graceful,
    0,
    seen(({ asked }) => asked.exitCode),
  ],
  [
    'code',
    'the stop code of a task that a user stopped is UserInitiated',
    task('stopCode UserInitiated: somebody called StopTask.'),
    'UserInitiated',
    seen(({ asked }) => asked.stopCode),
  ],
  [
    'reason',
    'the stopped reason is the one of the StopTask call',
    { page: PAGES.stopTask, means: 'The reason appears in later DescribeTasks calls.' },
    'a drill',
    seen(({ asked }) => asked.reason),
  ],
  [
    'desired',
    'the last and the desired status of a stopped task are STOPPED',
    task('desiredStatus and lastStatus of a stopped task are STOPPED.'),
    ['STOPPED', 'STOPPED'],
    seen(({ asked }) => [asked.desiredStatus, asked.lastStatus]),
  ],
  [
    'killed',
    'a task that ignores SIGTERM is killed',
    sigterm,
    137,
    seen(({ stubborn }) => stubborn.exitCode),
  ],
  [
    'not-before',
    'a task is not killed before its stop timeout',
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
    'a program that exits by itself keeps its own exit code',
    task('exitCode is what the container returned.'),
    3,
    seen(({ own }) => own.exitCode),
  ],
  [
    'own-stop-code',
    'the stop code of a task whose program exited is EssentialContainerExited',
    task('stopCode EssentialContainerExited: an essential container exited.'),
    'EssentialContainerExited',
    seen(({ own }) => own.stopCode),
  ],
  [
    'command',
    'RunTask overrides command and environment',
    { page: PAGES.taskApi, means: 'overrides: command and environment of a container for this task.' },
    'hello from the check',
    seen(({ ownLog }) => ownLog[0] ?? ''),
  ],
  [
    'last-lines',
    'the log has the lines that the program wrote right before it exited',
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
    'a task with a missing image never runs',
    { page: PAGES.stopped, quote: 'CannotPullContainerError' },
    ['TaskFailedToStart', 'CannotPullContainerError', null],
    seen(({ image }) => [image.stopCode, image.reason, image.exitCode]),
  ],
  [
    'no-log-group',
    'a task with a missing log group never runs',
    {
      page: PAGES.initializationError,
      means: 'ResourceInitializationError: failed to validate logger args.',
    },
    ['TaskFailedToStart', 'ResourceInitializationError', null],
    seen(({ logGroup }) => [logGroup.stopCode, logGroup.reason, logGroup.exitCode]),
  ],
]);
