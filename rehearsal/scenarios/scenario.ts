import type { Verdict } from '@lornu/ops/verify/verdict.ts';
import type { Standing } from '../run/standing.ts';
import type { ServeContext } from '../serve/serve.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';

/** What a scenario works on: an environment that is applied and served. */
export interface Stage {
  standing: Standing;
  served: ServedRehearsal;
  context: ServeContext;
}

/** Something that happens to a running environment, and what must hold during and after it. */
export interface Scenario {
  id: string;
  /** A sentence that holds when it passes. */
  title: string;
  /** The whole rehearsal leaves it out unless it is asked for: that is to take three minutes. */
  isExtra?: boolean;
  run: (stage: Stage, io: StepIo) => Promise<Verdict>;
}

export interface ScenarioResult extends Verdict {
  id: string;
  title: string;
  /** Milliseconds since 1970; what happened to tasks in between is this scenario's. */
  beganMs: number;
  elapsedMs: number;
}
