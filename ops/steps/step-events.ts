/** Events of running steps; the renderers read nothing else. Times are milliseconds. */
export type StepEvent =
  /** All steps, before the first one begins. */
  | { kind: 'plan'; steps: readonly { id: string; title: string }[] }
  | { kind: 'begin'; id: string; title: string; atMs: number }
  /** A line of a child's output: shown while the step runs, dropped if it succeeds. */
  | { kind: 'output'; id: string; line: string }
  | {
      kind: 'end';
      id: string;
      outcome: StepOutcome;
      detail?: string;
      elapsedMs: number;
      output?: readonly string[];
    }
  /** A sentence that stays visible. */
  | { kind: 'note'; text: string }
  /** Something else is about to write to the terminal, such as a question. */
  | { kind: 'pause' }
  | { kind: 'tick'; atMs: number };

export type StepOutcome = 'done' | 'failed' | 'skipped';

export type Emit = (event: StepEvent) => void;

/** "0.4 s", "12 s", "3 min 05 s". */
export function formatElapsed(elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
