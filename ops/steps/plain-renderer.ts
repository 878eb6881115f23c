import { formatElapsed, type Emit } from './step-events.ts';

/** After this long without output, a running step is printed again, because a silent log looks like a hang. */
const QUIET_MS = 30_000;

/** One line at the start and end of a step, without control characters: for logs and pipes. */
export function createPlainRenderer(write: (text: string) => void): Emit {
  const titles = new Map<string, string>();
  const running = new Map<string, { beganMs: number; saidMs: number }>();
  const titleOf = (id: string): string => titles.get(id) ?? id;

  return (event) => {
    switch (event.kind) {
      case 'plan':
        for (const step of event.steps) titles.set(step.id, step.title);
        if (event.steps.length > 1) write(`${event.steps.length} steps\n`);
        return;
      case 'begin':
        titles.set(event.id, event.title);
        running.set(event.id, { beganMs: event.atMs, saidMs: event.atMs });
        write(`... ${event.title}\n`);
        return;
      case 'output':
        return;
      case 'end': {
        running.delete(event.id);
        const tail = event.detail ? `: ${event.detail}` : '';
        for (const line of event.output ?? []) write(`    | ${line}\n`);
        if (event.outcome === 'done')
          write(`ok  ${titleOf(event.id)} (${formatElapsed(event.elapsedMs)})${tail}\n`);
        else if (event.outcome === 'failed')
          write(`NO  ${titleOf(event.id)} (${formatElapsed(event.elapsedMs)})${tail}\n`);
        else write(`--  ${titleOf(event.id)} skipped${tail}\n`);
        return;
      }
      case 'note':
        write(`${event.text}\n`);
        return;
      case 'pause':
        return;
      case 'tick':
        for (const [id, step] of running) {
          if (event.atMs - step.saidMs < QUIET_MS) continue;
          step.saidMs = event.atMs;
          write(`... ${titleOf(id)}, still running (${formatElapsed(event.atMs - step.beganMs)})\n`);
        }
    }
  };
}
