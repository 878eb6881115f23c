import type { Metrics } from '../observability/metrics.ts';
import { frameId, processOf } from '../runs/frame-ids.ts';
import { hasEnded, type Run } from '../runs/run.ts';
import { eventStream, PING } from '../web/event-stream.ts';

export interface SseOptions {
  /** Time between comment lines while nothing else is sent, in milliseconds. */
  pingMs: number;
  metrics: Pick<Metrics, 'streams'> | undefined;
  /** Ends when the client has left. */
  signal: AbortSignal;
  /** First frame to send to one who comes later; 0 is the run's first. Undefined for who began the run. */
  fromIndex?: number;
}

/** The first line of a stream that waits for a turn that has not begun. */
const QUEUED = ': queued\n\n';

/** Names the run before its first frame has come. */
export const RUN_ID_HEADER = 'lornu-run-id';
/** Sends `queued` when the run has not begun. */
const RUN_STATE_HEADER = 'lornu-run-state';

/**
 * A run's frames as server-sent events: `id:` and `data:` lines, and comment lines: while it is quiet, before the first
 * frame of another process, and at the end, where it says how the run ended.
 */
export function sseResponse(run: Run, { pingMs, metrics, signal, fromIndex }: SseOptions): Response {
  const disconnected = new AbortController();
  const isQueued = run.state === 'queued';
  metrics?.streams(1);
  // Bun holds the headers back until there is a body: without a first comment a quiet run would look like an absent one.
  const begin = isQueued ? QUEUED : fromIndex === undefined ? undefined : PING;
  // The id of the last frame that the client has seen.
  let process = processOf((fromIndex ?? 0) - 1);
  return eventStream(run.frames(fromIndex, disconnected.signal)[Symbol.asyncIterator](), {
    toText: ({ index, json }) => {
      const text = `id: ${frameId(run.id, index)}\ndata: ${json}\n\n`;
      if (processOf(index) === process) return text;
      process = processOf(index);
      return `: process ${process}\n${text}`;
    },
    ...(begin && { begin }),
    // Without it a listener could not tell the end of a run from a cut connection.
    end: () => (hasEnded(run.state) ? `: run ${run.state}\n\n` : undefined),
    pingMs,
    disconnected,
    signal,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      [RUN_ID_HEADER]: run.id,
      ...(isQueued ? { [RUN_STATE_HEADER]: 'queued' } : {}),
    },
    onEnd: () => metrics?.streams(-1),
  });
}
