import { examineWorkflow } from '../../pipeline/workflow/examine-workflow.ts';
import { join } from 'node:path';
import { parseDocument, type Document } from 'yaml';
import type { Json } from '../plan/document.ts';
import { ROOT } from '../plan/documents.ts';
import type { PlannedEnvironment } from '../plan/environment.ts';
import type { KnownSurvivor } from '../mutation/known-survivors.ts';
import type { Judged } from '../mutation/judge-mutants.ts';
import { scoreMutants, type Score } from '../mutation/score.ts';
import { judgeWorkflow, type WorkflowChecks } from './check.ts';
import { HANDING_ON } from './checks/handing-on.ts';
import { STARTS } from './checks/start.ts';
import { TOOLS } from './checks/tools.ts';
import { findWorkflowMutants, WORKFLOW_OPERATORS } from './operators/all.ts';
import type { WorkflowMutant } from './operators/kit.ts';
import { written } from './places.ts';

/** All checks of the workflow in addition to the delivery's own examination. */
export const WORKFLOW_CHECKS: WorkflowChecks = { ...STARTS, ...HANDING_ON, ...TOOLS };

export const WORKFLOW_FILE = '.github/workflows/terraform-aws.yml';

export const KNOWN_WORKFLOW_SURVIVORS: readonly KnownSurvivor[] = [
  {
    id: 'loosen-condition: jobs.review.if -> without its first part',
    verdict: 'equivalent',
    why: 'on another event there is no pull request, and nothing is not the repository',
  },
  {
    id: 'loosen-condition: jobs.publish.if -> without its first part',
    verdict: 'equivalent',
    why: 'only a run that a person starts has inputs, so only that has the action deploy',
  },
];

/** Judges the workflow's mutants in the seed's order within the given time, and prints the findings. */
export async function judgeWorkflowMutants(
  environment: PlannedEnvironment,
  seed: number,
  forMs: number,
): Promise<{ score: Score; all: boolean }> {
  const file = parseDocument(await Bun.file(join(ROOT, WORKFLOW_FILE)).text());
  return scoreMutants(findWorkflowMutants(file), createWorkflowJudge(file, environment), {
    what: 'wrong workflows',
    operators: WORKFLOW_OPERATORS,
    known: KNOWN_WORKFLOW_SURVIVORS,
    seed,
    forMs,
  });
}

/**
 * Whether these checks or the delivery's own examination find a problem; undefined if nothing changed or GitHub refuses
 * the whole file.
 */
function createWorkflowJudge(
  file: Document,
  environment: PlannedEnvironment,
): (mutant: WorkflowMutant) => Judged | undefined {
  const before = file.toJS() as Json;
  return ({ id, operator, make }) => {
    const document = make();
    const after = document.toJS() as Json;
    if (Bun.deepEquals(before, after)) return undefined;
    const mutant = { id, operator, make: () => environment };
    const [problem] = judgeWorkflow(WORKFLOW_CHECKS, after, environment);
    if (problem) return { mutant, noticed: problem };
    const found = examined(written(document));
    if (found === 'refused') return undefined;
    const [sentence] = found;
    return {
      mutant,
      noticed: sentence === undefined ? undefined : { check: 'examine-workflow', problem: sentence },
    };
  };
}

function examined(text: string): string[] | 'refused' {
  try {
    return examineWorkflow(text);
  } catch (error) {
    // GitHub's own parser refuses the expression, so no run starts from such a file.
    if (error instanceof Error && 'typ' in error && 'tok' in error) return 'refused';
    throw error;
  }
}
