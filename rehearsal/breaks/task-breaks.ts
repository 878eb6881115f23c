import {
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { readFile } from 'node:fs/promises';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { desiredCount, setCount, untilHealthy, untilTrue } from '../scenarios/service-count.ts';
import type { Stage } from '../scenarios/scenario.ts';
import { LEASE_OVER_MS, type Break } from './break.ts';
import {
  answeredMeanwhile,
  CONTINUES,
  freezeWhile,
  STREAMS,
  underStreams,
  WHOLE,
  type BreakAndMend,
} from './under-streams.ts';

const STARTED_MS = 120_000;

/** Runs a program of this machine; throws if it fails. */
async function must(command: readonly string[]): Promise<string> {
  const { exitCode, stdout, tail } = await tryCommand(command, { env: process.env, timeoutMs: 10_000 });
  if (exitCode !== 0) throw new Error(`${command[0]} failed: ${tail.join(' ')}`);
  return stdout;
}

export const TASK_BREAKS: readonly Break[] = [
  {
    id: 'frozen-task',
    title:
      'a task hangs for longer than its lease, then wakes up: another task takes over its turns, and nothing is written twice',
    does: `the task with most of ${STREAMS} streams is stopped (SIGSTOP) for ${LEASE_OVER_MS / 1000} s, or until another task has its turns, then wakes up`,
    people:
      'answers of that task pause, then continue on another task, for an open page once it connects again',
    recovery: `${CONTINUES}; ${WHOLE}; the service is stable again`,
    run: async (stage, io) => {
      const breakAndMend: BreakAndMend = async (busiest, untilMoved) => {
        const victim = await busiest();
        io.line(`task ${victim.id.slice(0, 8)} hangs`);
        await freezeWhile(victim.pid, async () => Promise.all([Bun.sleep(LEASE_OVER_MS), untilMoved()]));
        io.line('it wakes up');
      };
      return underStreams(stage, breakAndMend, { replaces: true, takesOver: true, isSilent: true });
    },
  },
  {
    id: 'disk-full',
    title: 'the disk of every task is full: conversations do not need it',
    does: `a full file system is mounted over the scratch folder of each task, under ${STREAMS} streams`,
    people: 'nothing',
    recovery: `a turn during the break is complete; ${WHOLE}`,
    needsNetwork: true,
    run: async (stage) =>
      underStreams(stage, async () => {
        const tasks = stage.served.tasks().filter(({ healthy, pid }) => healthy && pid !== undefined);
        const inside = (pid: number, script: string): string[] => [
          'nsenter',
          `--mount=/proc/${pid}/ns/mnt`,
          'sh',
          '-c',
          script,
        ];
        const folders = new Map<number, string>();
        try {
          for (const { pid = 0 } of tasks) {
            const folder = await scratchOf(pid);
            await must(inside(pid, `mount -t tmpfs -o size=64k full '${folder}'`));
            folders.set(pid, folder);
            const left = await must(
              inside(
                pid,
                `head -c 1m /dev/zero > '${folder}/full' 2>/dev/null; echo x > '${folder}/one' 2>/dev/null || echo full`,
              ),
            );
            if (left.trim() !== 'full') throw new Error(`${folder} is not full`);
          }
          await answeredMeanwhile(stage);
          return `${folders.size} tasks could not write anything`;
        } finally {
          for (const [pid, folder] of folders)
            await must(inside(pid, `umount '${folder}'`)).catch(() => undefined);
        }
      }),
  },
  {
    id: 'scale-in',
    title: 'the service gets one task fewer while turns run: ECS waits for it, and every turn is completed',
    does: `the service is set to one task under ${STREAMS} streams, and back`,
    people: 'nothing',
    recovery: `${WHOLE}; as many tasks as before are healthy`,
    run: async (stage, io) => {
      const before = await desiredCount(stage);
      const breakAndMend = async (): Promise<string> => {
        try {
          io.line(`${before} tasks become 1`);
          await setCount(stage, 1);
          // The other tasks stop when their last turn has ended.
          await untilHealthy(stage, 1);
          return 'one task was left';
        } finally {
          await setCount(stage, before);
        }
      };
      return underStreams(stage, breakAndMend, { replaces: true });
    },
  },
  {
    id: 'scale-out',
    title: 'the service gets one task more while turns run: the new task serves, and every turn is completed',
    does: `the service is set to one task more under ${STREAMS} streams, and back`,
    people: 'nothing',
    recovery: `${WHOLE}; as many tasks as before are healthy`,
    run: async (stage, io) => {
      const before = await desiredCount(stage);
      const breakAndMend = async (): Promise<string> => {
        // Otherwise target tracking would remove the new task before it has served, because these turns need little CPU.
        const lowerLeast = await raiseLeast(stage, before + 1);
        try {
          io.line(`${before} tasks become ${before + 1}`);
          await setCount(stage, before + 1);
          const healthy = (): number => stage.served.tasks().filter((task) => task.healthy).length;
          await untilTrue(stage, () => healthy() > before, STARTED_MS);
          return `${healthy()} tasks were healthy`;
        } finally {
          await lowerLeast();
          await setCount(stage, before);
        }
      };
      return underStreams(stage, breakAndMend, { replaces: true });
    },
  },
];

/** Sets the minimum task count of the service's autoscaling. The returned function restores the earlier value. */
async function raiseLeast(stage: Stage, least: number): Promise<() => Promise<void>> {
  const { autoscaling } = stage.standing.clients;
  const { cluster, service } = stage.served.applied;
  const resource = {
    ServiceNamespace: 'ecs',
    ResourceId: `service/${cluster}/${service}`,
    ScalableDimension: 'ecs:service:DesiredCount',
  } as const;
  const { ScalableTargets = [] } = await autoscaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [resource.ResourceId] }),
  );
  const set = async (MinCapacity: number | undefined): Promise<void> =>
    void (await autoscaling.send(new RegisterScalableTargetCommand({ ...resource, MinCapacity })));
  await set(least);
  return async () => set(ScalableTargets[0]?.MinCapacity);
}

/** The folder in which a task may write. */
async function scratchOf(pid: number): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  const found = environment.split('\0').find((line) => line.startsWith('TMPDIR='));
  if (!found) throw new Error('a task has no scratch folder');
  return found.slice('TMPDIR='.length);
}
