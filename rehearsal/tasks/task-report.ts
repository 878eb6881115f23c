import type { TaskReport } from '../emulator/side-door.ts';
import type { HealthStatus } from './container-health.ts';
import type { TaskSettings } from './task-settings.ts';

/** The changing facts of a task; times are seconds since the epoch. */
export interface TaskFacts {
  lastStatus: string;
  desiredStatus: 'RUNNING' | 'STOPPED';
  healthStatus: HealthStatus;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  stoppedReason?: string;
  stopCode?: string;
  exitCode?: number;
}

/** A task in DescribeTasks' form. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
export function taskReport(settings: TaskSettings, { exitCode, ...facts }: TaskFacts): TaskReport {
  const { plan, address, subnetId, zone, group, startedBy } = settings;
  const { container } = plan;
  return {
    taskDefinition: plan.arn,
    ...facts,
    // RUNNING is the initial value; reporting it again would undo a StopTask that came meanwhile.
    ...(facts.desiredStatus === 'STOPPED' ? {} : { desiredStatus: undefined }),
    group,
    ...(startedBy ? { startedBy } : {}),
    availabilityZone: zone,
    connectivity: facts.lastStatus === 'STOPPED' ? 'DISCONNECTED' : 'CONNECTED',
    attachments: [
      {
        id: settings.id,
        type: 'ElasticNetworkInterface',
        status: facts.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
        details: [
          { name: 'subnetId', value: subnetId },
          { name: 'privateIPv4Address', value: address },
        ],
      },
    ],
    containers: [
      {
        name: container.name,
        image: container.image,
        lastStatus: containerStatus(facts.lastStatus),
        healthStatus: facts.healthStatus,
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(facts.stopCode === 'TaskFailedToStart' ? { reason: facts.stoppedReason } : {}),
        networkInterfaces: [{ attachmentId: settings.id, privateIpv4Address: address }],
      },
    ],
  };
}

/** A container has fewer states than its task. */
function containerStatus(task: string): string {
  if (task === 'STOPPED' || task === 'DEPROVISIONING') return 'STOPPED';
  return task === 'PROVISIONING' || task === 'PENDING' ? 'PENDING' : 'RUNNING';
}
