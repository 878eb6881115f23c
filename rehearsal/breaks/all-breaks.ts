import { badImage } from '../scenarios/bad-image.ts';
import { failingImage } from '../scenarios/failing-image.ts';
import { killedTask } from '../scenarios/killed-task.ts';
import { rollingDeploy } from '../scenarios/rolling-deploy.ts';
import { ACCESS_BREAKS, issuerKeys } from './access-breaks.ts';
import { AWAY_MS, type Break } from './break.ts';
import { clockOff } from './clock-break.ts';
import { outOfMemory } from './memory-break.ts';
import { MODEL_BREAKS } from './model-breaks.ts';
import { NETWORK_BREAKS } from './network-breaks.ts';
import { START_BREAKS } from './start-breaks.ts';
import { TASK_BREAKS } from './task-breaks.ts';
import { freeze, STREAMS, underStreams, WHOLE } from './under-streams.ts';

/** To make the store slow, the break stops it again and again: it runs a fifth of the time. */
const STOPPED_MS = 400;
const RUNNING_MS = 100;

const STORE_BREAKS: readonly Break[] = [
  {
    id: 'firestore-away',
    title: `Firestore does not answer for ${AWAY_MS / 1000} s: turns wait for it and are completed`,
    does: `Firestore is stopped (SIGSTOP) for ${AWAY_MS / 1000} s under ${STREAMS} streams, then continues`,
    people: 'the answer pauses, then continues',
    recovery: WHOLE,
    run: async (stage) =>
      underStreams(stage, async () => freeze(stage.served.standInPids.firestore, AWAY_MS)),
  },
  {
    id: 'firestore-slow',
    title: `Firestore is slow for ${AWAY_MS / 1000} s: turns are completed`,
    does: `for ${AWAY_MS / 1000} s under ${STREAMS} streams, Firestore runs for ${RUNNING_MS} ms and is stopped for ${STOPPED_MS} ms, again and again`,
    people: 'the answer comes slowly',
    recovery: WHOLE,
    run: async (stage) =>
      underStreams(stage, async () => {
        const endMs = performance.now() + AWAY_MS;
        while (performance.now() < endMs) {
          await freeze(stage.served.standInPids.firestore, STOPPED_MS);
          await Bun.sleep(RUNNING_MS);
        }
      }),
  },
];

const IMAGE_BREAKS: readonly Break[] = [
  clockOff,
  outOfMemory,
  {
    ...killedTask,
    does: 'one task is killed (SIGKILL) in the middle of ten streams',
    people: 'answers of that task pause, then continue on another task',
    recovery: 'another task replaces it, and every turn is completed',
  },
  {
    ...badImage,
    does: 'an image that never becomes healthy is deployed',
    people: 'nothing',
    recovery: 'the circuit breaker rolls back, and the earlier version answers all the time',
  },
  {
    ...failingImage,
    does: 'an image is deployed under load; it is healthy, but answers turns with 500',
    people: 'turns fail until it is rolled back',
    recovery: 'an alarm rolls it back, and the earlier version answers turns again',
  },
  {
    ...rollingDeploy,
    does: 'a new version is deployed under a hundred streams',
    people: 'nothing',
    recovery: 'the new version serves, no stream is lost, and the service answers at any time',
  },
];

/** Every break, in the order in which they are played: those that run at the same time come first. */
export const BREAKS: readonly Break[] = [
  ...MODEL_BREAKS,
  ...ACCESS_BREAKS,
  ...STORE_BREAKS,
  issuerKeys,
  ...NETWORK_BREAKS,
  ...TASK_BREAKS,
  ...START_BREAKS,
  ...IMAGE_BREAKS,
];
