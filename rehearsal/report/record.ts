import type { Emit, StepOutcome } from '@lornu/ops/steps/step-events.ts';

/** The phases of a rehearsal, in order. */
export type PhaseName = 'apply' | 'serve' | 'verify' | 'deploy' | 'break' | 'destroy';

export interface RecordedStep {
  id: string;
  title: string;
  outcome: StepOutcome;
  detail?: string;
  /** Milliseconds since the epoch. */
  beganMs: number;
  elapsedMs: number;
}

export interface RecordedPhase {
  name: PhaseName;
  beganMs: number;
  elapsedMs: number;
  outcome: 'done' | 'failed';
  steps: RecordedStep[];
}

/** Records what happens during a rehearsal, for the report. */
export class Recorder {
  readonly phases: RecordedPhase[] = [];
  readonly emit: Emit;
  readonly #titles = new Map<string, { title: string; beganMs: number }>();

  constructor(show: Emit) {
    this.emit = (event) => {
      show(event);
      if (event.kind === 'begin') this.#titles.set(event.id, { title: event.title, beganMs: event.atMs });
      if (event.kind !== 'end') return;
      const { id, outcome, detail, elapsedMs } = event;
      const { title, beganMs } = this.#titles.get(id) ?? { title: id, beganMs: Date.now() };
      this.phases.at(-1)?.steps.push({
        id,
        title,
        outcome,
        ...(detail === undefined ? {} : { detail }),
        beganMs,
        elapsedMs,
      });
    };
  }

  /** Runs a phase and records its duration and result. */
  async phase<T>(name: PhaseName, work: () => Promise<T>): Promise<T> {
    const phase: RecordedPhase = { name, beganMs: Date.now(), elapsedMs: 0, outcome: 'failed', steps: [] };
    this.phases.push(phase);
    try {
      const result = await work();
      phase.outcome = 'done';
      return result;
    } finally {
      phase.elapsedMs = Date.now() - phase.beganMs;
    }
  }
}
