import type { JWK } from 'jose';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { watchAlarms } from '../alarms/watch-alarms.ts';
import type { AwsClients } from '../emulator/aws-clients.ts';
import type { SideDoor } from '../emulator/side-door.ts';
import type { Balancer } from '../load-balancer/balancer.ts';
import { readBalancer } from '../load-balancer/read-balancer.ts';
import { startHaproxy } from '../serve/start-haproxy.ts';
import { syncTargets } from '../serve/sync-targets.ts';
import type { PullImage } from '../tasks/image.ts';
import type { Pace } from '../tasks/pace.ts';
import { TaskAddresses } from '../tasks/task-address.ts';
import type { RunnerEvent } from '../tasks/task-event.ts';
import { startTaskRunner, type TaskRunner } from '../tasks/task-runner.ts';

export interface StandInsOptions {
  clients: AwsClients;
  sideDoor: SideDoor;
  balancerArn: string;
  /** The folder with server.pem and peer-authority.pem, if a listener needs them. */
  certificateFolder: string;
  /** The keys of the token issuer. */
  tokenKeys: readonly JWK[];
  /** Each cluster has its own task runner, which does ECS's work for its service and its single tasks. */
  services: readonly { cluster: string; service: string }[];
  pull: PullImage;
  pace: Pace;
  emit: (event: RunnerEvent) => void;
  onFailure: (error: unknown) => void;
}

/** HAProxy as the load balancer and the task runner as ECS, for the resources of an emulated account. */
export interface StandIns {
  /** The local port of each listener's port. A restarted load balancer keeps them. */
  ports: Readonly<Record<number, number>>;
  /** In the order of the services. */
  runners: readonly TaskRunner[];
  /** Restarts the load balancer with changes: for tests of a wrong load balancer. */
  rebalance: (
    change: (balancer: Balancer) => Balancer,
    rewrite?: (configuration: string) => string,
  ) => Promise<void>;
  stop: () => Promise<void>;
}

const METRIC_PERIOD_MS = 1000;

/** Starts both with the current state of the account. They ignore later listeners, rules and target groups. */
export async function startStandIns(options: StandInsOptions, context: StartContext): Promise<StandIns> {
  const { clients, sideDoor, pace, balancerArn, onFailure } = options;
  const applied = await readBalancer(clients.elb, balancerArn);
  let runners: TaskRunner[] = [];
  const startBalancer = async (
    balancer: Balancer,
    ports: Readonly<Record<number, number>>,
    rewrite?: (configuration: string) => string,
  ) => {
    const haproxy = await startHaproxy(
      {
        balancer,
        certificateFolder: options.certificateFolder,
        folder: `${context.dataDir}/haproxy`,
        tokenKeys: options.tokenKeys,
        pace,
        wantedPorts: ports,
        rewrite,
      },
      context,
    );
    const targets = syncTargets({
      elb: clients.elb,
      sideDoor,
      control: haproxy.control,
      groups: balancer.targetGroups,
      onFailure,
      changed: () => {
        for (const runner of runners) runner.poke();
      },
    });
    const alarms = watchAlarms({
      cloudwatch: clients.cloudwatch,
      elb: clients.elb,
      control: haproxy.control,
      loadBalancerArn: balancerArn,
      groups: balancer.targetGroups,
      pace,
      onFailure,
    });
    const stop = async (): Promise<void> => {
      await alarms.stop();
      await targets.stop();
      await haproxy.child.stop();
    };
    return { ports: haproxy.ports, stop };
  };
  let balancer = await startBalancer(applied, {});
  // Shared by all runners, so that two tasks never get the same address.
  const tasks = new TaskAddresses(process.pid);
  const stop = async (): Promise<void> => {
    await Promise.all(runners.map(async (runner) => runner.stop()));
    await balancer.stop();
  };
  try {
    runners = await Promise.all(
      options.services.map(async (one) =>
        startTaskRunner({
          ...one,
          clients,
          sideDoor,
          pace,
          network: { tasks },
          pull: options.pull,
          addedVariables: (address) => ({ HOST: address }),
          credentials: async (taskId, roleName) => Response.json({ taskId, roleName }),
          metricPeriodMs: METRIC_PERIOD_MS,
          folder: context.dataDir,
          emit: options.emit,
          onLine: () => {},
          onFailure,
        }),
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ports: balancer.ports,
    runners,
    rebalance: async (change, rewrite) => {
      await balancer.stop();
      balancer = await startBalancer(change(applied), balancer.ports, rewrite);
    },
    stop,
  };
}
