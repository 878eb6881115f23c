import type { Verdict } from '@lornu/ops/verify/check.ts';
import type { Standing } from '../run/standing.ts';
import type { ServeContext } from '../serve/serve.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';

/** What a scenario works on: an applied and served environment. */
export interface Stage {
  standing: Standing;
  served: ServedRehearsal;
  context: ServeContext;
  /** Start a deployment with each break that has running turns. */
  duringDeploy?: boolean;
  /** The position in a series of breaks, by which they use different callers: each caller has its own limits. */
  position?: number;
  /** Tells the series that the environment is whole again, while the last turns of this break still run. */
  release?: () => void;
}

/** Something that happens to a running environment, and what must hold during and after it. */
export interface Scenario {
  id: string;
  /** A sentence that is true if it passes. */
  title: string;
  /** Left out of the whole rehearsal unless requested: that should take three minutes. */
  isExtra?: boolean;
  run: (stage: Stage, io: StepIo) => Promise<Verdict>;
}

export interface ScenarioResult extends Verdict {
  id: string;
  title: string;
  /** Milliseconds since the epoch; task events since then belong to this scenario. */
  beganMs: number;
  elapsedMs: number;
}
