import type { RunnerEvent } from './task-event.ts';

/** An event as a log line. */
export function describeEvent(event: RunnerEvent): string {
  const time = new Date(event.atMs).toISOString().slice(11, 23);
  if (event.what === 'service') return `${time} ${event.message}`;
  const detail = event.detail ? `: ${event.detail}` : '';
  return `${time} task ${event.taskId.slice(0, 8)} ${event.what} (${event.taskDefinition}, ${event.address})${detail}`;
}
