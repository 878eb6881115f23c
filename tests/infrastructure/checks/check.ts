import type { PlannedEnvironment } from '../plan/environment.ts';
import { Absent, type Recorder } from '../plan/reader.ts';
import { view, type View } from '../plan/view.ts';

/** Records a problem unless the condition holds. */
export type Must = (holds: boolean, problem: string) => void;

type Run = (environment: View, must: Must) => void;

/** Checks by their unique id, subject/what. Pure functions: no files, no network, no clock. */
export type Checks = Readonly<Record<string, Run>>;

export interface PlanCheck {
  id: string;
  run: Run;
}

export interface Problem {
  check: string;
  problem: string;
}

/** All problems that the checks find; empty for a sound environment. */
export function judge(
  checks: readonly PlanCheck[],
  environment: PlannedEnvironment,
  record?: Recorder,
): Problem[] {
  const seen = view(environment, record);
  return checks.flatMap((check) => problemsOf(check, seen));
}

/** The resources that a check reads in this environment: others cannot change its result. */
export function askedFor(check: PlanCheck, environment: PlannedEnvironment): Set<string> {
  const asked = new Set<string>();
  problemsOf(
    check,
    view(environment, undefined, (what) => asked.add(what)),
  );
  return asked;
}

/** The first problem that any of these checks finds; enough to detect a mutant. */
export function firstProblem(
  checks: Iterable<PlanCheck>,
  environment: PlannedEnvironment,
): Problem | undefined {
  const seen = view(environment);
  for (const check of checks) {
    const [first] = problemsOf(check, seen);
    if (first) return first;
  }
  return undefined;
}

function problemsOf(check: PlanCheck, seen: View): Problem[] {
  const problems: Problem[] = [];
  const must: Must = (holds, problem) => {
    if (!holds) problems.push({ check: check.id, problem });
  };
  try {
    check.run(seen, must);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    problems.push({ check: check.id, problem: error.message });
  }
  return problems;
}
