import type { Metrics } from '../observability/metrics.ts';
import { frameId } from '../runs/last-event-id.ts';
import { hasEnded, type Run } from '../runs/run.ts';

export interface SseOptions {
  /** Time between comment lines while nothing else is sent, in milliseconds. */
  pingMs: number;
  metrics: Pick<Metrics, 'streams'> | undefined;
  /** Ends when the client has left. */
  signal: AbortSignal;
  /** First frame to send to one who comes later; 0 is the run's first. Undefined for who began the run. */
  fromIndex?: number;
}

/**
 * How many bytes may wait for one reader. Frames stay with the run, so a reader that is slower than the turn
 * holds its place in the run's list and no copies.
 */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

const PING = ': ping\n\n';
/** The first line to who waits for a turn that has not begun. */
const QUEUED = ': queued\n\n';

/** Names the run before its first frame has come. */
export const RUN_ID_HEADER = 'lornu-run-id';
/** Says `queued` where the run has not begun. */
const RUN_STATE_HEADER = 'lornu-run-state';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // Proxies that buffer by default, nginx above all, are told not to.
  'x-accel-buffering': 'no',
};

const encoder = new TextEncoder();

/** A run's frames as server-sent events: `id:` and `data:` lines, comment lines while it is quiet, and one that names its end. */
export function sseResponse(run: Run, { pingMs, metrics, signal, fromIndex }: SseOptions): Response {
  const isQueued = run.state === 'queued';
  const left = new AbortController();
  const stop = () => left.abort();
  signal.addEventListener('abort', stop, { once: true });

  let wake: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        metrics?.streams(1);
        let quiet = true;
        // Bun holds the headers back until there is a body: of a quiet run nobody could tell whether it is there.
        if (isQueued) controller.enqueue(encoder.encode(QUEUED));
        else if (fromIndex !== undefined) controller.enqueue(encoder.encode(PING));
        const ping = setInterval(() => {
          if (quiet && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(PING));
          quiet = true;
        }, pingMs);

        const forward = async (): Promise<void> => {
          for await (const { index, json } of run.frames(fromIndex, left.signal)) {
            if (left.signal.aborted) return;
            quiet = false;
            controller.enqueue(encoder.encode(`id: ${frameId(run.id, index)}\ndata: ${json}\n\n`));
            if ((controller.desiredSize ?? 0) <= 0) {
              await new Promise<void>((resolve) => (wake = resolve));
              if (left.signal.aborted) return;
            }
          }
          // Without it a listener could not tell the end of a run from a cut connection.
          if (hasEnded(run.state)) controller.enqueue(encoder.encode(`: run ${run.state}\n\n`));
          controller.close();
        };
        forward()
          .catch((error: unknown) => {
            // Frames never fail by contract; should one, the client must see a cut stream and not a clean end.
            if (!left.signal.aborted) controller.error(error);
          })
          .finally(() => {
            metrics?.streams(-1);
            clearInterval(ping);
            signal.removeEventListener('abort', stop);
          });
      },
      pull() {
        wake?.();
        wake = undefined;
      },
      cancel() {
        stop();
        wake?.();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK_BYTES }),
  );
  const state = isQueued ? { [RUN_STATE_HEADER]: 'queued' } : {};
  return new Response(stream, { headers: { ...HEADERS, [RUN_ID_HEADER]: run.id, ...state } });
}
