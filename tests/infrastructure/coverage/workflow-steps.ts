import { parseWorkflow } from '@lornu/ops/delivery/workflow/workflow.ts';
import { stepKey } from '@lornu/ops/delivery/workflow/examine-workflow.ts';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dir, '../../..');
const folder = join(root, '.cache/test');

/** What was run of the workflow as it stands: another text of the file begins anew. */
function notesPath(workflow: string): string {
  const key = createHash('sha256').update(workflow).digest('hex').slice(0, 12);
  return join(folder, `workflow-steps-${key}.txt`);
}

const readWorkflow = () => readFileSync(join(root, '.github/workflows/terraform-aws.yml'), 'utf8');

/** Notes that a rehearsed run of the workflow came to a step and ran it; what only stood in for it does not count. */
export function noteStep({ job, step, standIn }: { job: string; step: string; standIn: boolean }): void {
  if (standIn) return;
  mkdirSync(folder, { recursive: true });
  appendFileSync(notesPath(readWorkflow()), `${job}: ${step}\n`);
}

export interface StepCoverage {
  ran: number;
  all: number;
  never: string[];
}

/** Steps of the workflow that rehearsed runs have run; undefined when no run has been rehearsed here. */
export function stepCoverage(): StepCoverage | undefined {
  const text = readWorkflow();
  let notes: string;
  try {
    notes = readFileSync(notesPath(text), 'utf8');
  } catch {
    return undefined;
  }
  const ran = new Set(notes.split('\n'));
  const steps = Object.entries(parseWorkflow(text).jobs).flatMap(([job, { steps: inJob }]) =>
    inJob.map((step) => `${job}: ${stepKey(step)}`),
  );
  const never = steps.filter((step) => !ran.has(step));
  return { ran: steps.length - never.length, all: steps.length, never };
}
