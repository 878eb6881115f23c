import type { ReceivedSpan } from '@lornu/standins/google/cloud-trace.ts';
import type { GrantedStatement } from '../iam/least-privilege.ts';
import type { Verification } from '@lornu/ops/verify/verify.ts';
import type { Statement } from '../reachability/statements.ts';
import type { BreakResult } from '../breaks/run-breaks.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import type { RunnerEvent } from '../tasks/task-event.ts';
import type { RecordedPhase } from './record.ts';
import type { PicturedEnvironment } from '../picture/environment.ts';

/** All results of a rehearsal; the page is made only from this. Times are milliseconds since the epoch. */
export interface Report {
  beganMs: number;
  elapsedMs: number;
  /** Everything was run, nothing failed, nothing is left. */
  holds: boolean;
  /** Why it broke off. */
  failure?: string;
  phases: RecordedPhase[];
  applied?: {
    provider: string;
    stacks: { name: string; summary: string }[];
    statements: Statement[];
    /** An SVG document. */
    networkPicture: string;
  };
  environment?: PicturedEnvironment;
  served?: {
    url: string;
    /** Description of how the image runs here. */
    runs: string;
    addedVariables: Readonly<Record<string, string>>;
  };
  verification?: Verification;
  scenarios: (ScenarioResult | BreakResult)[];
  events: RunnerEvent[];
  /** The spans of one turn, as Cloud Trace received them. */
  trace?: ReceivedSpan[];
  destroyed?: { resources: number; keptByAws: string[]; permissions: GrantedStatement[] };
  /** Last lines of each task, by its id, masked. */
  logs: Record<string, string[]>;
}
