import { formatElapsed, type Emit, type StepOutcome } from './step-events.ts';

const SPINNER = ['|', '/', '-', '\\'];
const ESC = '\u001b[';
const MARK: Record<StepOutcome, { text: string; color: number }> = {
  done: { text: 'ok', color: 32 },
  failed: { text: 'NO', color: 31 },
  skipped: { text: '--', color: 90 },
};

interface Running {
  title: string;
  beganMs: number;
  lastLine: string;
}

/** Finished lines stay above; running steps are redrawn in place below, each with its last line of output. */
export function createTtyRenderer(
  write: (text: string) => void,
  terminal: { columns: number; color: boolean },
): Emit {
  const titles = new Map<string, string>();
  const running = new Map<string, Running>();
  let pending = 0;
  let drawn = 0;
  let nowMs = 0;
  let frame = 0;

  const paint = (text: string, color: number): string =>
    terminal.color ? `${ESC}${color}m${text}${ESC}39m` : text;
  const fit = (text: string): string => {
    const width = Math.max(20, terminal.columns - 1);
    return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
  };

  function redraw(stays: readonly string[] = []): void {
    let out = drawn > 0 ? `${ESC}${drawn}A${ESC}0J` : '';
    for (const line of stays) out += `${line}\n`;
    const live: string[] = [];
    for (const step of running.values()) {
      const elapsed = formatElapsed(Math.max(0, nowMs - step.beganMs));
      live.push(fit(`${SPINNER[frame % SPINNER.length]}  ${step.title} (${elapsed})`));
      if (step.lastLine) live.push(paint(fit(`   ${step.lastLine}`), 90));
    }
    if (running.size > 0 && pending > 0) live.push(paint(`   ${pending} more to come`, 90));
    for (const line of live) out += `${line}\n`;
    drawn = live.length;
    if (out) write(out);
  }

  return (event) => {
    switch (event.kind) {
      case 'plan':
        for (const step of event.steps) titles.set(step.id, step.title);
        pending = event.steps.length;
        return;
      case 'begin':
        titles.set(event.id, event.title);
        running.set(event.id, { title: event.title, beganMs: event.atMs, lastLine: '' });
        nowMs = Math.max(nowMs, event.atMs);
        pending = Math.max(0, pending - 1);
        return redraw();
      case 'output': {
        const step = running.get(event.id);
        if (step) step.lastLine = Bun.stripANSI(event.line).trim();
        return;
      }
      case 'end': {
        running.delete(event.id);
        if (event.outcome === 'skipped') pending = Math.max(0, pending - 1);
        const mark = MARK[event.outcome];
        const tail = event.detail ? `: ${event.detail}` : '';
        const time = event.outcome === 'skipped' ? ' skipped' : ` (${formatElapsed(event.elapsedMs)})`;
        const output = (event.output ?? []).map((line) => `    | ${line}`);
        return redraw([
          ...output,
          `${paint(mark.text, mark.color)} ${titles.get(event.id) ?? event.id}${time}${tail}`,
        ]);
      }
      case 'note':
        return redraw(event.text.split('\n'));
      case 'pause':
        if (drawn > 0) write(`${ESC}${drawn}A${ESC}0J`);
        drawn = 0;
        return;
      case 'tick':
        nowMs = event.atMs;
        frame += 1;
        if (running.size > 0) redraw();
    }
  };
}
