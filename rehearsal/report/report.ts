import type { GrantedStatement } from '../iam/least-privilege.ts';
import type { Verification } from '@lornu/ops/verify/verify.ts';
import type { Statement } from '../reachability/statements.ts';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import type { RunnerEvent } from '../tasks/task-event.ts';
import type { RecordedPhase } from './record.ts';
import type { PicturedEnvironment } from '../picture/environment.ts';

/** Everything that a rehearsal has shown; the page is made from this and from nothing else. Times are milliseconds since 1970. */
export interface Report {
  beganMs: number;
  elapsedMs: number;
  /** Everything was made, nothing failed, nothing is left. */
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
    /** How the image runs here, in words. */
    runs: string;
    addedVariables: Readonly<Record<string, string>>;
  };
  verification?: Verification;
  scenarios: ScenarioResult[];
  events: RunnerEvent[];
  destroyed?: { resources: number; keptByAws: string[]; permissions: GrantedStatement[] };
  /** Last lines of each task, by its id, masked. */
  logs: Record<string, string[]>;
}
