import type { CliContext } from '../base/cli-context.ts';
import { createPlainRenderer } from './plain-renderer.ts';
import type { Emit, StepEvent } from './step-events.ts';
import { createTtyRenderer } from './tty-renderer.ts';

/** Shown if an interrupted command still runs after this time: what it waits for may take long. */
const STOPPING = 'Stopping. Ctrl-C again ends it at once.';
const STOPPING_MS = 1_000;

export interface Reporter {
  emit: Emit;
  /** Does work that writes to the terminal, such as a question, and shows no progress meanwhile. */
  aside: <T>(work: () => Promise<T>) => Promise<T>;
  /** Stops the timers; call it before anything else writes to the terminal. */
  close: () => void;
}

/** The renderer for this stderr, with a timer, behind the masking of secrets. */
export function createReporter(
  context: Pick<CliContext, 'stderr' | 'terminal' | 'redact' | 'signal'>,
): Reporter {
  const render = context.terminal
    ? createTtyRenderer(context.stderr, context.terminal)
    : createPlainRenderer(context.stderr);
  let isAside = false;
  const tick = (): void => {
    if (!isAside) render({ kind: 'tick', atMs: Date.now() });
  };
  const clock = setInterval(tick, context.terminal ? 120 : 5_000);
  clock.unref();
  let stopping: Timer | undefined;
  const sayStopping = (): void => {
    stopping = setTimeout(() => render({ kind: 'note', text: STOPPING }), STOPPING_MS);
    stopping.unref();
  };
  context.signal.addEventListener('abort', sayStopping, { once: true });
  return {
    emit: (event) => render(redactEvent(interrupted(event, context.signal), context.redact)),
    aside: async (work) => {
      render({ kind: 'pause' });
      isAside = true;
      try {
        return await work();
      } finally {
        isAside = false;
      }
    },
    close: () => {
      clearInterval(clock);
      clearTimeout(stopping);
      context.signal.removeEventListener('abort', sayStopping);
    },
  };
}

/** A step that Ctrl-C has ended failed for no reason of its own. */
function interrupted(event: StepEvent, signal: AbortSignal): StepEvent {
  if (event.kind !== 'end' || event.outcome !== 'failed' || !signal.aborted) return event;
  return { ...event, detail: 'interrupted', output: [] };
}

function redactEvent(event: StepEvent, redact: (text: string) => string): StepEvent {
  switch (event.kind) {
    case 'output':
      return { ...event, line: redact(event.line) };
    case 'note':
      return { ...event, text: redact(event.text) };
    case 'end':
      return {
        ...event,
        ...(event.detail === undefined ? {} : { detail: redact(event.detail) }),
        ...(event.output === undefined ? {} : { output: event.output.map(redact) }),
      };
    default:
      return event;
  }
}
