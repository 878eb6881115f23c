import type { Task } from '@aws-sdk/client-ecs';
import {
  NO_ACCOUNT,
  type VerifyCheck,
  type Scene,
  absent,
  inSeconds,
  judged,
  type Verdict,
} from '../check.ts';
import { EXIT_CODES, probeCommand } from './inside-probe.ts';

const EXPECTED = 'a task in the private subnets gets streamed text from Gemini';
/** Fargate takes some time to place a task and pull its image. */
const LONGEST_MS = 5 * 60_000;
/** Limit in a rehearsal, where nothing is scheduled or pulled. */
const LONGEST_REHEARSED_MS = 60_000;
const LOOK_MS = 500;
const NAME = 'lornu-verify';

export interface InsideSeen {
  exitCode: number | undefined;
  stoppedReason: string | undefined;
  subnets: number;
  elapsedMs: number;
  isRehearsal: boolean;
  /** Addresses from which Gemini's stand-in was called, where the rehearsal has a network of its own. */
  callers?: readonly string[] | undefined;
}

/** Judges by the exit code: a caller that may start a task may not be allowed to read its log. */
export function judgeInside({
  exitCode,
  stoppedReason,
  subnets,
  elapsedMs,
  isRehearsal,
  callers,
}: InsideSeen): Verdict {
  const meaning =
    exitCode === undefined
      ? `the task never ran: ${stoppedReason ?? 'no reason given'}`
      : (EXIT_CODES[exitCode] ?? `exit code ${exitCode}${stoppedReason ? `: ${stoppedReason}` : ''}`);
  const where =
    isRehearsal && callers === undefined
      ? 'run by the task runner, whose network is this machine'
      : `in one of ${subnets} private subnets${callers ? `; Gemini was called from ${callers.join(', ')}` : ''}`;
  return judged(exitCode === 0, EXPECTED, `${meaning} (${where}, ${inSeconds(elapsedMs)})`);
}

export const inside: VerifyCheck = {
  id: 'inside',
  title: 'Gemini is reached from inside the VPC (a one-off task)',
  run: async (scene) => {
    const { account, deployed, served } = scene;
    if (!account || !deployed) return absent(EXPECTED, NO_ACCOUNT);
    const beganMs = performance.now();
    const task = await runOnce(scene, probeCommand(served?.isPython ?? false, deployed.model));
    const container = task.containers?.find(({ name }) => name === deployed.containerName);
    return judgeInside({
      exitCode: container?.exitCode,
      stoppedReason: task.stoppedReason ?? container?.reason,
      subnets: deployed.subnets.length,
      elapsedMs: performance.now() - beganMs,
      isRehearsal: served?.rehearsal ?? false,
      callers: await scene.geminiCallers?.(),
    });
  },
};

/** Runs the deployed task definition with another command, in the service's network. */
async function runOnce({ account, deployed, served, target }: Scene, command: string[]): Promise<Task> {
  if (!account || !deployed) throw new Error('no account');
  const { ecs, cluster } = account;
  const { tasks, failures } = await ecs.runTask({
    cluster,
    taskDefinition: deployed.taskDefinition,
    count: 1,
    launchType: 'FARGATE',
    startedBy: NAME,
    group: NAME,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: deployed.subnets,
        securityGroups: deployed.securityGroups,
        assignPublicIp: 'DISABLED',
      },
    },
    overrides: { containerOverrides: [{ name: deployed.containerName, command }] },
  });
  const taskArn = tasks?.[0]?.taskArn;
  if (!taskArn) throw new Error(`RunTask started nothing: ${failures?.[0]?.reason ?? 'no reason given'}`);
  const longestMs = served?.rehearsal ? LONGEST_REHEARSED_MS : LONGEST_MS;
  const deadline = performance.now() + longestMs;
  while (performance.now() < deadline) {
    target.signal.throwIfAborted();
    const described = await ecs.describeTasks({ cluster, tasks: [taskArn] });
    const task = described.tasks?.[0];
    if (task?.lastStatus === 'STOPPED') return task;
    await Bun.sleep(LOOK_MS);
  }
  throw new Error(`the task did not end within ${longestMs / 60_000} min`);
}
