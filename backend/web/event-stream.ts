export interface EventStreamOptions<Item> {
  /** An item as a whole server-sent event. */
  toText: (item: Item) => string;
  /** Sent before the first item. */
  begin?: string;
  /** Sent after the last item. */
  end?: () => string | undefined;
  /** Sent in place of what is missing where the items fail. Without it the stream is cut then. */
  failed?: (error: unknown) => string;
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
 * Items as server-sent events, with comment lines while it is quiet. A slow reader is waited for.
 * Where the items fail the stream is cut or says so: the client must not take that for its end.
 */
export function eventStream<Item>(
  items: AsyncIterator<Item>,
  { toText, begin, end, failed, pingMs, disconnected, signal, headers, onEnd }: EventStreamOptions<Item>,
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

        const send = (text: string | undefined): void => {
          if (text !== undefined) controller.enqueue(encoder.encode(text));
        };
        // No generator around the items: every frame passes here, and each generator on its way waits several times.
        const forward = async (): Promise<void> => {
          send(begin);
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop -- events come one after the other
            const next = await items.next();
            if (disconnected.signal.aborted) return;
            if (next.done) break;
            quiet = false;
            send(toText(next.value));
            // oxlint-disable-next-line no-await-in-loop -- the reader is slower than the events
            if ((controller.desiredSize ?? 0) <= 0) await new Promise<void>((resolve) => (wake = resolve));
            if (disconnected.signal.aborted) return;
          }
          send(end?.());
          controller.close();
        };
        forward()
          .catch((error: unknown) => {
            if (disconnected.signal.aborted) return;
            if (!failed) return controller.error(error);
            send(failed(error));
            controller.close();
          })
          .finally(() => {
            onEnd?.();
            clearInterval(ping);
            signal.removeEventListener('abort', leave);
            items.return?.().catch(() => undefined);
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
