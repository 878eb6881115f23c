import { CliError } from '../base/cli-error.ts';
import type { Emit } from './step-events.ts';

/** Number of last output lines of a failed step that are kept. */
const KEPT_LINES = 60;

export interface StepIo {
  /** Reports a line of a child's output. */
  line: (line: string) => void;
}

export interface Step {
  id: string;
  title: string;
  /** May return a few words to show after the title. Throwing fails the step. */
  run: (io: StepIo) => Promise<string | void>;
  /** If set, the step is shown as skipped, with this reason. */
  skip?: string;
}

/** Runs one step and emits its events. Rethrows the step's error. */
export async function runStep(step: Step, emit: Emit, now: () => number = Date.now): Promise<void> {
  const beganMs = now();
  if (step.skip !== undefined) {
    emit({ kind: 'end', id: step.id, outcome: 'skipped', detail: step.skip, elapsedMs: 0 });
    return;
  }
  emit({ kind: 'begin', id: step.id, title: step.title, atMs: beganMs });
  const kept: string[] = [];
  const line = (text: string): void => {
    kept.push(text);
    if (kept.length > KEPT_LINES) kept.shift();
    emit({ kind: 'output', id: step.id, line: text });
  };
  try {
    const detail = await step.run({ line });
    emit({
      kind: 'end',
      id: step.id,
      outcome: 'done',
      elapsedMs: now() - beganMs,
      ...(detail ? { detail } : {}),
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    // A CliError already has its output for the end of the command.
    const output = error instanceof CliError && error.parts.output ? [] : kept;
    emit({ kind: 'end', id: step.id, outcome: 'failed', detail, elapsedMs: now() - beganMs, output });
    throw error;
  }
}

/** Announces the steps, then runs them in order; the first failure ends the run. */
export async function runSteps(steps: readonly Step[], emit: Emit, now?: () => number): Promise<void> {
  emit({ kind: 'plan', steps: steps.map(({ id, title }) => ({ id, title })) });
  for (const step of steps) await runStep(step, emit, now);
}
