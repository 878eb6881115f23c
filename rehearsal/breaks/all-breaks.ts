import { badImage } from '../scenarios/bad-image.ts';
import { failingImage } from '../scenarios/failing-image.ts';
import { killedTask } from '../scenarios/killed-task.ts';
import { rollingDeploy } from '../scenarios/rolling-deploy.ts';
import { ACCESS_BREAKS } from './access-breaks.ts';
import { AWAY_MS, type Break } from './break.ts';
import { clockOff } from './clock-break.ts';
import { outOfMemory } from './memory-break.ts';
import { MODEL_BREAKS } from './model-breaks.ts';
import { NETWORK_BREAKS } from './network-breaks.ts';
import { START_BREAKS } from './start-breaks.ts';
import { TASK_BREAKS } from './task-breaks.ts';
import { freeze, STREAMS, underStreams, WHOLE } from './under-streams.ts';

/** How a slow store is made of one that is stopped again and again: it runs a fifth of the time. */
const STOPPED_MS = 400;
const RUNNING_MS = 100;

const STORE_BREAKS: readonly Break[] = [
  {
    id: 'firestore-away',
    title: `Firestore does not answer for ${AWAY_MS / 1000} s: turns wait for it and end whole`,
    does: `Firestore is stopped (SIGSTOP) for ${AWAY_MS / 1000} s under ${STREAMS} streams, then goes on`,
    people: 'the answer pauses, and goes on',
    recovery: WHOLE,
    run: async (stage) =>
      underStreams(stage, async () => freeze(stage.served.standInPids.firestore, AWAY_MS)),
  },
  {
    id: 'firestore-slow',
    title: `Firestore is slow for ${AWAY_MS / 1000} s: turns end whole`,
    does: `Firestore runs ${RUNNING_MS} ms and is stopped ${STOPPED_MS} ms, in turn, for ${AWAY_MS / 1000} s under ${STREAMS} streams`,
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
    people: 'answers of that task pause, and go on from another one',
    recovery: 'another task takes its place, and every turn ends whole',
  },
  {
    ...badImage,
    does: 'an image that never becomes healthy is deployed',
    people: 'nothing',
    recovery: 'the circuit breaker goes back, and the earlier version answers all the time',
  },
  {
    ...failingImage,
    does: 'an image that is healthy and answers turns with 500 is deployed under load',
    people: 'turns fail until it is rolled back',
    recovery: 'an alarm rolls it back, and the earlier version answers turns again',
  },
  {
    ...rollingDeploy,
    does: 'a new version is deployed under a hundred streams',
    people: 'nothing',
    recovery: 'the new version is served, no stream is lost, there is an answer at any time',
  },
];

/** Every break, in the order in which they are played: those that run at once first. */
export const BREAKS: readonly Break[] = [
  ...MODEL_BREAKS,
  ...ACCESS_BREAKS,
  ...STORE_BREAKS,
  ...NETWORK_BREAKS,
  ...TASK_BREAKS,
  ...START_BREAKS,
  ...IMAGE_BREAKS,
];
