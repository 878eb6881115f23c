import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKS } from '../infrastructure/checks/all.ts';
import { judge } from '../infrastructure/checks/check.ts';
import { findMutants } from '../infrastructure/mutation/judge-mutants.ts';
import type { Documents } from '../infrastructure/plan/document.ts';
import { readEnvironment, type PlannedEnvironment } from '../infrastructure/plan/environment.ts';
import {
  applyBoth,
  readDocuments,
  readPlan,
  type AppliedStacks,
} from '../infrastructure/plan/make-documents.ts';
import { temporaryRehearsal } from '../rehearsal/whole/kit.ts';
import { differences } from './differences.ts';
import { changedIn, edited, SAMPLES } from './samples.ts';

// Terraform plans changed files over the applied environment; the mutant's changed data must say the same.
const MINUTES = 60_000;
const rehearsal = await temporaryRehearsal();
let applied: AppliedStacks;
let documents: Documents;
let environment: PlannedEnvironment;
const agreeing: string[] = [];

setDefaultTimeout(5 * MINUTES);

beforeAll(async () => {
  applied = await applyBoth(rehearsal.context);
  documents = await readDocuments(applied);
  environment = readEnvironment(documents);
}, 15 * MINUTES);
afterAll(async () => {
  await applied?.standing.emulator.stop();
  await rehearsal.remove();
  process.stdout.write(
    `figure: ${agreeing.length} of ${SAMPLES.length} mutants of the planned data agree with Terraform's plan of the changed files\n`,
  );
}, MINUTES);

test.each(SAMPLES.map((sample) => [sample.mutant, sample] as const))(
  "Terraform's plan agrees: %s",
  async (id, sample) => {
    const mutant = findMutants(environment).find((one) => one.id === id);
    if (!mutant) throw new Error(`there is no mutant ${id}`);
    const inData = mutant.make();
    const inEarnest = await planOf(sample);

    const [wanted, found] = [differences(environment, inData), differences(environment, inEarnest)];
    expect(wanted.size).toBeGreaterThan(0);
    // Unknown values in the plan contradict nothing; all known values must be the same.
    for (const [what, value] of found)
      expect({ what, value }).toEqual({ what, value: wanted.get(what) ?? 'as it was' });
    const agreed = [...wanted.keys()].filter((what) => found.has(what));
    expect(agreed.length).toBeGreaterThan(0);

    const noticedBy = (one: PlannedEnvironment) => new Set(judge(CHECKS, one).map(({ check }) => check));
    const inPlan = noticedBy(inEarnest);
    expect([...noticedBy(inData)].filter((check) => !inPlan.has(check))).toEqual([]);
    expect(inPlan.size).toBeGreaterThan(0);
    agreeing.push(id);
  },
);

async function planOf(sample: (typeof SAMPLES)[number]): Promise<PlannedEnvironment> {
  const { stack } = changedIn(sample.mutant);
  const path = join(applied.standing.workspace.stackFolder(stack), sample.file);
  const text = await readFile(path, 'utf8');
  try {
    await writeFile(path, edited(text, sample));
    return readEnvironment({ ...documents, [stack]: await readPlan(applied.standing, stack) });
  } finally {
    await writeFile(path, text);
  }
}
