export interface EventStreamOptions<Item> {
  /** Formats an item as a complete server-sent event. */
  toText: (item: Item) => string;
  /** Sent before the first item. */
  begin?: string;
  /** Sent after the last item. */
  end?: () => string | undefined;
  /** Called if the items fail; returns what is sent then, or undefined to cut the stream. */
  failed: (error: unknown) => string | undefined;
  /** Milliseconds between comment lines while nothing else is sent. */
  pingMs: number;
  /** Aborted when the client disconnects, to stop making chunks. */
  disconnected: AbortController;
  /** The request's signal: aborted when its connection ends. */
  signal: AbortSignal;
  headers?: Readonly<Record<string, string>>;
  /** Called once, after the last chunk was handed over or the client disconnected. */
  onEnd?: () => void;
}

/** Bytes that may wait for one reader. Anything more stays with the producer, so a slow reader costs no copies. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** A comment line; readers ignore it. */
export const PING = ': ping\n\n';

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  // For proxies that buffer by default, such as nginx.
  'x-accel-buffering': 'no',
};

const encoder = new TextEncoder();

/**
 * Sends items as server-sent events, with comment lines during silence. Waits for slow readers. If the items fail, the
 * stream is cut or sends what `failed` returns: the client must not mistake that for its end.
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
        // No generator around the items: every frame passes here, and a generator awaits several times per item.
        const forward = async (): Promise<void> => {
          send(begin);
          for (;;) {
            const next = await items.next();
            if (disconnected.signal.aborted) return;
            if (next.done) break;
            quiet = false;
            send(toText(next.value));
            if ((controller.desiredSize ?? 0) <= 0) await new Promise<void>((resolve) => (wake = resolve));
            if (disconnected.signal.aborted) return;
          }
          send(end?.());
          controller.close();
        };
        forward()
          .catch((error: unknown) => {
            if (disconnected.signal.aborted) return;
            const last = failed(error);
            if (last === undefined) return controller.error(error);
            send(last);
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
