import { Absent, Reader } from '../plan/reader.ts';
import type { Json } from '../plan/document.ts';
import type { PlannedEnvironment } from '../plan/environment.ts';
import { view, type View } from '../plan/view.ts';
import type { Must, Problem } from '../checks/check.ts';

/** A step, as checks see it: what it uses or runs, and its place. */
export interface Step {
  job: string;
  index: number;
  /** actions/checkout, or the command after `lornu`; the first word of anything else. */
  what: string;
  reader: Reader;
}

export interface WorkflowView {
  file: Reader;
  jobs: readonly { name: string; reader: Reader; steps: readonly Step[] }[];
  /** Steps of all jobs that use this action or run this command. */
  steps: (what: string) => Step[];
  /** Roles, names and defaults of the stacks that it applies. */
  stacks: View;
}

/** Checks of the workflow by their id; they do not repeat promises that the delivery's own examination checks. */
export type WorkflowChecks = Readonly<Record<string, (workflow: WorkflowView, must: Must) => void>>;

/** All problems that these checks find in a parsed workflow. */
export function judgeWorkflow(
  checks: WorkflowChecks,
  workflow: Json,
  environment: PlannedEnvironment,
): Problem[] {
  const seen = viewWorkflow(workflow, environment);
  return Object.entries(checks).flatMap(([id, run]) => {
    const problems: Problem[] = [];
    try {
      run(seen, (holds, problem) => {
        if (!holds) problems.push({ check: id, problem });
      });
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      problems.push({ check: id, problem: error.message });
    }
    return problems;
  });
}

function viewWorkflow(workflow: Json, environment: PlannedEnvironment): WorkflowView {
  const file = new Reader('workflow', workflow, () => {});
  const jobs = file.keys('jobs').map((name) => {
    const [reader] = file.blocks(`jobs.${name}`);
    if (!reader) throw new Absent(`the job ${name} is empty.`);
    const steps = reader
      .blocks('steps')
      .map((step, index): Step => ({ job: name, index, what: whatOf(step), reader: step }));
    return { name, reader, steps };
  });
  return {
    file,
    jobs,
    steps: (what) => jobs.flatMap(({ steps }) => steps.filter((step) => step.what === what)),
    stacks: view(environment),
  };
}

function whatOf(step: Reader): string {
  if (step.has('uses')) return step.text('uses').split('@')[0] ?? '';
  const run = step.has('run') ? step.text('run').trim() : '';
  return /^\.\/lornu ([a-z]+(?: [a-z]+)*)/.exec(run)?.[1] ?? run.split(/\s/)[0] ?? '';
}
