export interface EventStreamOptions {
  /** Time between comment lines while nothing else is sent, in milliseconds. */
  pingMs: number;
  /** Aborted when the client has left, so that making chunks ends. */
  disconnected: AbortController;
  /** The request's: ends when its connection does. */
  signal: AbortSignal;
  headers?: Readonly<Record<string, string>>;
  /** Called once, when the last chunk has been handed over or the client has left. */
  onEnd?: () => void;
}

/** How many bytes may wait for one reader. What follows stays where it is made, so a slow reader costs no copies. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** A comment line, which readers skip. */
export const PING = ': ping\n\n';

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  // Proxies that buffer by default, nginx above all, are told not to.
  'x-accel-buffering': 'no',
};

const encoder = new TextEncoder();

/**
 * Chunks of text, each a whole server-sent event, with comment lines while it is quiet. A slow reader is waited for.
 * Where the iterator fails the stream is cut: the client must not take that for its end.
 */
export function eventStream(
  chunks: AsyncIterator<string>,
  { pingMs, disconnected, signal, headers, onEnd }: EventStreamOptions,
): Response {
  let wake: (() => void) | undefined;
  let ping: ReturnType<typeof setInterval> | undefined;
  const leave = () => {
    disconnected.abort();
    clearInterval(ping);
    wake?.();
  };
  signal.addEventListener('abort', leave, { once: true });

  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let quiet = true;
        ping = setInterval(() => {
          if (quiet && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(PING));
          quiet = true;
        }, pingMs);

        const forward = async (): Promise<void> => {
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop -- events come one after the other
            const next = await chunks.next();
            if (disconnected.signal.aborted) return;
            if (next.done) break;
            quiet = false;
            controller.enqueue(encoder.encode(next.value));
            // oxlint-disable-next-line no-await-in-loop -- the reader is slower than the events
            if ((controller.desiredSize ?? 0) <= 0) await new Promise<void>((resolve) => (wake = resolve));
            if (disconnected.signal.aborted) return;
          }
          controller.close();
        };
        forward()
          .catch((error: unknown) => {
            if (!disconnected.signal.aborted) controller.error(error);
          })
          .finally(() => {
            onEnd?.();
            clearInterval(ping);
            signal.removeEventListener('abort', leave);
            chunks.return?.().catch(() => undefined);
          });
      },
      pull() {
        wake?.();
        wake = undefined;
      },
      cancel: leave,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK_BYTES }),
  );
  return new Response(stream, { headers: { ...HEADERS, ...headers } });
}
