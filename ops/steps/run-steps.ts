import { CliError } from '../base/cli-error.ts';
import type { Emit } from './step-events.ts';

/** How many of the last lines of a failed step are kept for the reader. */
const KEPT_LINES = 60;

export interface StepIo {
  /** A line of a child's output. */
  line: (line: string) => void;
}

export interface Step {
  id: string;
  title: string;
  /** May return a few words to show after the title when it is done. Throwing fails the step. */
  run: (io: StepIo) => Promise<string | void>;
  /** A reason not to run it: the step is shown as skipped, with the reason. */
  skip?: string;
}

/** Runs one step and tells what happens. The step's own error is thrown on. */
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
    // An expected failure brings its own lines to the block at the end of the command.
    const output = error instanceof CliError && error.parts.output ? [] : kept;
    emit({ kind: 'end', id: step.id, outcome: 'failed', detail, elapsedMs: now() - beganMs, output });
    throw error;
  }
}

/** Lists the steps, then runs them one after the other; the first failure ends it. */
export async function runSteps(steps: readonly Step[], emit: Emit, now?: () => number): Promise<void> {
  emit({ kind: 'plan', steps: steps.map(({ id, title }) => ({ id, title })) });
  for (const step of steps) await runStep(step, emit, now);
}
