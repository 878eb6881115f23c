import { type CloudWatchLogs, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { readFile } from 'node:fs/promises';
import type { AwsClients } from '../emulator/aws-clients.ts';
import { readMetricLine, type MetricValue } from './metric-line.ts';
import type { RunningTask } from './running-task.ts';
import type { TaskPlan } from './task-definition.ts';

/** Sends the tasks' logs and usage to the emulated account's CloudWatch. */
export interface TaskWatch {
  /** Creates a task's log stream; if it rejects, with ECS's message, the task does not start. */
  open: (taskId: string, plan: TaskPlan, logs: CloudWatchLogs) => Promise<void>;
  line: (task: RunningTask, line: string) => void;
  /** Measures the tasks' CPU usage and sends what is waiting. */
  flush: (tasks: readonly RunningTask[]) => Promise<void>;
}

interface WatchedLines {
  /** A client with the execution role, which writes logs. */
  logs: CloudWatchLogs;
  stream: string;
  group: string;
  waiting: { timestamp: number; message: string }[];
}

/** Beyond this, lines are lost, as with the log driver's mode non-blocking. */
const MOST_WAITING = 5_000;
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const MOST_EVENTS = 1_000;
const TICKS_PER_S = 100;

/**
 * Container lines become log events of its stream, metric lines become metrics, and the tasks' CPU usage becomes ECS's
 * own metric. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html (awslogs-stream-prefix)
 */
export function watchTasks(
  clients: Pick<AwsClients, 'cloudwatch'>,
  { cluster, service }: { cluster: string; service: string },
): TaskWatch {
  const lines = new Map<string, WatchedLines>();
  const used = new Map<string, { atMs: number; seconds: number }>();
  let metrics: MetricValue[] = [];

  const sendLines = async (watched: WatchedLines): Promise<void> => {
    const { group: logGroupName, stream: logStreamName, logs } = watched;
    if (watched.waiting.length === 0) return;
    const logEvents = watched.waiting.splice(0, MOST_EVENTS);
    // If the log group was deleted meanwhile, its lines are lost, as on AWS.
    await logs.putLogEvents({ logGroupName, logStreamName, logEvents }).catch((error: unknown) => {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    });
  };
  const sendMetrics = async (): Promise<void> => {
    const waiting = metrics;
    metrics = [];
    for (const namespace of new Set(waiting.map((one) => one.namespace))) {
      const own = waiting.filter((one) => one.namespace === namespace);
      await clients.cloudwatch.putMetricData({ Namespace: namespace, MetricData: own.map(toDatum) });
    }
  };
  const measure = async (tasks: readonly RunningTask[]): Promise<void> => {
    const parts: number[] = [];
    for (const { id, pid, phase, settings } of tasks) {
      if (phase !== 'running' || pid === undefined || settings.deploymentId === undefined) continue;
      const now = { atMs: Date.now(), seconds: await processorSeconds(pid) };
      const before = used.get(id);
      used.set(id, now);
      if (!before || now.atMs - before.atMs < 1) continue;
      const processors = ((now.seconds - before.seconds) * 1000) / (now.atMs - before.atMs);
      parts.push((processors / (settings.plan.cpuUnits / 1024)) * 100);
    }
    if (parts.length === 0) return;
    metrics.push({
      namespace: 'AWS/ECS',
      name: 'CPUUtilization',
      unit: 'Percent',
      dimensions: { ClusterName: cluster, ServiceName: service },
      values: parts,
      atMs: Date.now(),
    });
  };
  return {
    open: async (taskId, { container }, logs) => {
      const { logGroup: group, logStreamPrefix: prefix, name } = container;
      if (!group) return;
      const stream = `${prefix}/${name}/${taskId}`;
      try {
        await logs.createLogStream({ logGroupName: group, logStreamName: stream });
      } catch (error) {
        throw new Error(
          `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream in ${group}: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      }
      lines.set(taskId, { logs, group, stream, waiting: [] });
    },
    line: (task, message) => {
      metrics.push(...readMetricLine(message));
      const known = lines.get(task.id);
      if (!known || message === '') return;
      if (known.waiting.length < MOST_WAITING) known.waiting.push({ timestamp: Date.now(), message });
    },
    flush: async (tasks) => {
      await measure(tasks);
      await sendMetrics();
      for (const watched of lines.values()) {
        await sendLines(watched);
      }
    },
  };
}

function toDatum({ name, unit, dimensions, values, atMs }: MetricValue) {
  return {
    MetricName: name,
    Unit: unit as 'Count',
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Values: values,
    Timestamp: new Date(atMs),
  };
}

/** User and system time of a process, in seconds; what has ended has used none. */
async function processorSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may contain spaces; state and numbers follow it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_S;
}
