import { parseDocument } from 'yaml';
import { join } from 'node:path';
import { percent, scoreOf, type Score } from '../mutation/score.ts';
import type { Judged } from '../mutation/judge-mutants.ts';
import { shuffled } from '@lornu/ops/base/seeded.ts';
import { ROOT } from '../plan/documents.ts';
import type { PlannedEnvironment } from '../plan/environment.ts';
import { createWorkflowJudge, KNOWN_WORKFLOW_SURVIVORS, WORKFLOW_FILE } from './judge.ts';
import { findWorkflowMutants, WORKFLOW_OPERATORS } from './operators/all.ts';

/**
 * Judges the workflow's mutants in the seed's order within the given time, prints the findings, and returns the score.
 */
export async function judgeWorkflowMutants(
  environment: PlannedEnvironment,
  seed: number,
  forMs: number,
): Promise<{ score: Score; all: boolean }> {
  const file = parseDocument(await Bun.file(join(ROOT, WORKFLOW_FILE)).text());
  const mutants = shuffled(findWorkflowMutants(file), seed);
  const judgeOne = createWorkflowJudge(file, environment);
  const endMs = performance.now() + forMs;
  const judged: Judged[] = [];
  let looked = 0;
  for (const mutant of mutants) {
    if (performance.now() > endMs) break;
    looked += 1;
    const result = judgeOne(mutant);
    if (result) judged.push(result);
  }
  const score = scoreOf(judged, KNOWN_WORKFLOW_SURVIVORS);
  for (const { operator, noticed, tried } of score.operators) {
    const title = WORKFLOW_OPERATORS.find(({ name }) => name === operator)?.title ?? '';
    process.stdout.write(
      `${String(noticed).padStart(5)} of ${String(tried).padEnd(5)} ${operator.padEnd(17)} ${title}\n`,
    );
  }
  for (const { id, verdict, why } of score.known) process.stdout.write(`${verdict}: ${id} (${why})\n`);
  for (const id of score.unexpected) process.stdout.write(`unnoticed: ${id}\n`);
  const all = looked === mutants.length;
  process.stdout.write(
    `figure: ${score.noticed} of ${score.tried} wrong workflows noticed, ${percent(score.noticed, score.tried)} ` +
      `(${WORKFLOW_OPERATORS.length} operators; ${all ? 'all of them' : `a sample of ${mutants.length}`}; seed ${seed}; ` +
      `${score.known.length} survivors with a verdict, ${score.unexpected.length} without)\n`,
  );
  return { score, all };
}
