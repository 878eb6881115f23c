import type { RunnerEvent } from '../tasks/task-event.ts';

/** The phases of a task that a person distinguishes when watching a deploy. */
export type TaskPhase = 'starting' | 'healthy' | 'unhealthy' | 'draining' | 'stopping';

export interface TaskRow {
  taskId: string;
  taskDefinition: string;
  segments: { phase: TaskPhase; fromMs: number; toMs: number }[];
  /** How it ended; undefined while it runs. */
  end?: string;
}

export interface Timeline {
  fromMs: number;
  toMs: number;
  rows: TaskRow[];
  /** The service's messages: deployments begun, completed, rolled back. */
  messages: { atMs: number; text: string }[];
}

/** The phase that begins with an event; other events are not drawn. */
const BEGINS: Partial<Record<RunnerEvent['what'], TaskPhase>> = {
  provisioning: 'starting',
  healthy: 'healthy',
  unhealthy: 'unhealthy',
  draining: 'draining',
  sigterm: 'stopping',
  sigkill: 'stopping',
};

/** The tasks that existed between two times, in order of their start, cut at both ends. */
export function toTimeline(events: readonly RunnerEvent[], fromMs: number, toMs: number): Timeline {
  const rows = new Map<string, TaskRow & { phase?: TaskPhase; sinceMs: number; endedMs?: number }>();
  for (const event of events) {
    if (event.what === 'service') continue;
    const row = rows.get(event.taskId) ?? {
      taskId: event.taskId,
      taskDefinition: event.taskDefinition,
      segments: [],
      sinceMs: event.atMs,
    };
    rows.set(event.taskId, row);
    const phase = BEGINS[event.what];
    const isEnd = event.what === 'stopped';
    if (!isEnd && (phase === undefined || phase === row.phase)) continue;
    if (row.phase) row.segments.push({ phase: row.phase, fromMs: row.sinceMs, toMs: event.atMs });
    row.sinceMs = event.atMs;
    if (isEnd) {
      delete row.phase;
      row.endedMs = event.atMs;
      row.end = event.detail ?? 'stopped';
    } else if (phase) row.phase = phase;
  }
  return {
    fromMs,
    toMs,
    rows: [...rows.values()].flatMap(({ phase, sinceMs, endedMs, segments, ...row }) => {
      const all = [...segments, ...(phase ? [{ phase, fromMs: sinceMs, toMs }] : [])];
      const within = all
        .filter((segment) => segment.toMs >= fromMs && segment.fromMs <= toMs)
        .map((segment) => ({
          ...segment,
          fromMs: Math.max(segment.fromMs, fromMs),
          toMs: Math.min(segment.toMs, toMs),
        }));
      if (within.length === 0) return [];
      // An end after the window belongs to another window.
      if (endedMs !== undefined && endedMs > toMs) delete row.end;
      return [{ ...row, segments: within }];
    }),
    messages: events.flatMap((event) =>
      event.what === 'service' && event.atMs >= fromMs && event.atMs <= toMs
        ? [{ atMs: event.atMs, text: event.message }]
        : [],
    ),
  };
}
