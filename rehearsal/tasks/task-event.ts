/** What happened to a task, for timelines. */
export interface TaskEvent {
  atMs: number;
  what:
    | 'provisioning'
    | 'started'
    | 'registered'
    | 'running'
    | 'healthy'
    | 'unhealthy'
    | 'draining'
    | 'drained'
    | 'sigterm'
    | 'sigkill'
    | 'stopped';
  taskId: string;
  /** The deployment of the service that started the task; undefined for one that RunTask started. */
  deploymentId: string | undefined;
  /** As in lornu-staging-agent:3. */
  taskDefinition: string;
  address: string;
  /** Why it stopped, how long it drained, and the like. */
  detail?: string;
}

/** What happened to the service: the message is what DescribeServices shows among its events. */
export interface ServiceEvent {
  atMs: number;
  what: 'service';
  message: string;
}

export type RunnerEvent = TaskEvent | ServiceEvent;

/** An event as a log line. */
export function describeEvent(event: RunnerEvent): string {
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  if (event.what === 'service') return `${time} ${event.message}`;
  const detail = event.detail ? `: ${event.detail}` : '';
  return `${time} task ${event.taskId.slice(0, 8)} ${event.what} (${event.taskDefinition}, ${event.address})${detail}`;
}
