import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CliError } from '../../base/cli-error.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { readCheckout } from '../git.ts';
import { digestOf, MANIFEST, readRecord, type Manifest, type PlanChange } from '../manifest.ts';
import { isPipeline, REQUIRED } from '../scan/scan-plan.ts';
import { objections } from '../scan/scanners.ts';

const WHAT = 'Nothing was applied: the plan is not what was approved.';
const ANEW =
  'Plan again: ./lornu plan --for deploy, ./lornu plan scan, ./lornu plan summary (or start the workflow again).';

/**
 * approved: fully scanned, and in the pipeline approved by a person. image-only: changes only which image runs, so it
 * needs neither; this is how a failed deploy is rolled back in the same run.
 */
export type ApplyMode = 'approved' | 'image-only';

/** The only resources that a rollback to an earlier image may change. */
const IMAGE_ADDRESSES = /^aws_ecs_(task_definition|service)\.agent$/;

/** Whether this change starts a deployment in ECS. */
export function changesTheImage(address: string): boolean {
  return IMAGE_ADDRESSES.test(address);
}

/** Changes of a plan that go beyond the image. */
export function beyondTheImage(changes: readonly PlanChange[]): string[] {
  return changes
    .filter(({ address }) => !changesTheImage(address))
    .map(({ address, action }) => `${action} ${address}`);
}

/**
 * Returns the delivery folder's manifest if it is the approved one, its plan file is unchanged, was scanned, and was
 * made from the checked-out commit. These are all checks that need neither AWS nor the state. Throws CliError.
 */
export async function checkApproved(
  approved: string,
  mode: ApplyMode,
  context: DeliveryContext,
): Promise<Manifest> {
  const bytes = await readFile(fileOf(context, 'manifest')).catch(() => undefined);
  if (!bytes) throw refuse(`There is no manifest in ${context.folder}.`);
  const digest = digestOf(bytes);
  if (digest !== approved)
    throw refuse(`${approved || 'nothing'} was approved, and the manifest here is ${digest}.`);
  const manifest = await readRecord(context, 'manifest', MANIFEST, ANEW);
  const { record, scan } = manifest;
  if (record.purpose !== 'deploy') throw refuse('It was made for review only.');
  await checkPlanFile(record, context);
  if (mode === 'image-only') {
    const beyond = beyondTheImage(record.changes);
    if (beyond.length > 0) throw refuse(`It changes more than the image: ${beyond.slice(0, 5).join(', ')}.`);
  } else checkScan(record, scan, context);
  if (!record.clean) throw refuse('It was made of files that no commit has.');
  const { commit, changed } = await readCheckout(context);
  if (commit !== record.commit)
    throw refuse(`It was made of the commit ${record.commit}, and ${commit} is checked out.`);
  if (changed.length > 0)
    throw refuse(
      `The checkout has changes that its commit does not have: ${changed.slice(0, 3).join(', ')}.`,
    );
  return manifest;
}

function checkScan({ plan }: Manifest['record'], scan: Manifest['scan'], context: DeliveryContext): void {
  if (scan.planSha256 !== plan.sha256) throw refuse('What was scanned is another plan file.');
  const against = objections(scan.scanners, scan.absent, isPipeline(context.env) ? REQUIRED : []);
  if (against.length > 0) throw refuse(`The scan did not let it pass: ${against.join(' ')}`);
}

async function checkPlanFile({ plan }: Manifest['record'], context: DeliveryContext): Promise<void> {
  const bytes = await readFile(fileOf(context, 'plan')).catch(() => undefined);
  if (!bytes) throw refuse('The plan file is missing.');
  if (bytes.length < plan.bytes)
    throw refuse(`The plan file was cut off: ${bytes.length} of ${plan.bytes} bytes are there.`);
  if (createHash('sha256').update(bytes).digest('hex') !== plan.sha256)
    throw refuse('The plan file was changed after it was approved: its digest is another one.');
}

/** The error when nothing is applied; its next step is how to get a valid plan. */
export function refuse(why: string): CliError {
  return new CliError({ what: WHAT, why, next: ANEW });
}
