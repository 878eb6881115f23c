import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EVENTS } from '@lornu/ops/delivery/workflow/events.ts';
import { runWorkflow, type JobReport } from '@lornu/ops/rehearsal/pipeline/run-workflow.ts';
import { expectResult, logOf, startPipeline, type Pipeline } from '../kit.ts';

// The publishing job and what it hands to the plan. The image of this commit is in the repository already, as after a run
// that was started again: nothing is built or pushed here, what is in it is listed, and it is signed.

const MINUTES = 15 * 60_000;
let pipeline: Pipeline;
let digest: string;
let reports: Record<string, JobReport>;

beforeAll(async () => {
  pipeline = await startPipeline();
  digest = await pipeline.pushImage(pipeline.world.commit.slice(0, 12));
  pipeline.world.reviewer = undefined;
  reports = await runWorkflow(pipeline.workflow, EVENTS['deploy started on main'], pipeline.world);
}, MINUTES);
afterAll(() => pipeline?.stop(), 60_000);

test('the image of the commit is listed, signed with its bill of materials, and named by its digest', async () => {
  const { publish } = reports;
  expectResult(publish, 'success');
  expect(publish?.outputs).toEqual({ revision: pipeline.world.commit.slice(0, 12), digest });
  const asked = (await readFile(join(pipeline.world.folder, 'cosign.log'), 'utf8')).trim().split('\n');
  expect(asked[0]).toMatch(new RegExp(`^sign --yes \\S+/lornu-agent@${digest}$`));
  expect(asked[1]).toMatch(
    new RegExp(
      `^attest --yes --type cyclonedx --predicate \\S+agent\\.cdx\\.json \\S+/lornu-agent@${digest}$`,
    ),
  );
});

test('the plan is made with that digest, and waits for a yes', () => {
  expectResult(reports['plan'], 'success');
  expect(logOf(reports['plan'])).toContain(digest.slice(0, 19));
  expect(reports['plan']?.summary).toContain(digest);
  expect(reports['apply']).toMatchObject({ result: 'cancelled', waiting: true });
});
