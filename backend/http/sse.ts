import { toAppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { frameId } from '../runs/frame-ids.ts';
import { hasEnded, type Frame, type Run } from '../runs/run.ts';
import { eventStream, PING } from '../web/event-stream.ts';

export interface SseOptions {
  /** Milliseconds between comment lines on a silent stream. */
  pingMs: number;
  metrics: Pick<Metrics, 'streams'> | undefined;
  log: Pick<Logger, 'error'>;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
  /**
   * Index of the first frame to send to a client that attaches; 0 is the run's first frame. Undefined for the client
   * that started the run.
   */
  fromIndex?: number;
}

/** The first line of a stream whose turn is queued. */
const QUEUED = ': queued\n\n';

/** The run's id, sent before its first frame. */
export const RUN_ID_HEADER = 'lornu-run-id';
/** Has the value `queued` if the run has not begun. */
const RUN_STATE_HEADER = 'lornu-run-state';

/**
 * A run's frames as server-sent events: `id:` and `data:` lines, plus comment lines: while the run is silent, and at
 * the end, with the run's end state. If the frames cannot be read, the stream is cut, and only the log says why.
 */
export function sseResponse(run: Run, { pingMs, metrics, log, signal, fromIndex }: SseOptions): Response {
  const disconnected = new AbortController();
  const isQueued = run.state === 'queued';
  metrics?.streams(1);
  // Bun sends the headers together with the first bytes of the body: without a first comment a silent run would look
  // like a dead service.
  const begin = isQueued ? QUEUED : fromIndex === undefined ? undefined : PING;
  const toText = ({ index, json }: Frame): string => `id: ${frameId(run.id, index)}\ndata: ${json}\n\n`;
  return eventStream(run.batches(fromIndex, disconnected.signal)[Symbol.asyncIterator](), {
    // A piece for each frame, although several are stored together, was a tenth of a turn's CPU.
    toText: (frames) => frames.map(toText).join(''),
    ...(begin && { begin }),
    // Without this comment a client could not tell the end of a run from a cut connection.
    end: () => (hasEnded(run.state) ? `: run ${run.state}\n\n` : undefined),
    failed: (error) => {
      log.error('A stream was cut', { runId: run.id, ...toAppError(error).logFields });
      return undefined;
    },
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
