import { writeFile } from 'node:fs/promises';
import { CliError } from '../../base/cli-error.ts';
import { beyondTheImage } from '../apply/check-approved.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { APPLIED, readRecord, type DeployedImage, type ScanRecord } from '../manifest.ts';
import { makePlan } from '../plan/make-plan.ts';
import { REQUIRED, scanPlan } from '../scan/scan-plan.ts';
import { sealPlan, type Sealed } from '../summary/seal.ts';

/**
 * Plans with an earlier revision's image, scans the plan, and returns the summary that a reviewer reads before
 * approving.
 */
export async function planRollback(
  revision: string,
  varFiles: readonly string[],
  context: DeliveryContext,
): Promise<Sealed> {
  await makePlan({ purpose: 'deploy', revision, varFiles }, context);
  await scanPlan(context);
  return sealPlan(context);
}

/** The image that ran before the apply of the delivery folder; throws CliError if there was none. */
export async function readBefore(
  context: DeliveryContext,
): Promise<{ before: DeployedImage; failed: string }> {
  const { before, image } = await readRecord(
    context,
    'applied',
    APPLIED,
    './lornu rollback REVISION goes back to a named one',
  );
  if (before && before.digest !== image.digest) return { before, failed: image.revision };
  throw new CliError({
    what: 'There is nothing to roll back to.',
    why: before
      ? `${image.revision} was running before this apply as well: going back to its image would change nothing.`
      : `${image.revision} is the first image of this environment.`,
    next: 'Fix it and deploy again; see docs/operations.md, "Debug a task".',
  });
}

/**
 * Plans the rollback to the image that ran before, in the run whose deploy failed. It changes only the image, and
 * through Terraform, so that the state agrees with the service whatever ECS did. It needs no scan, because that image
 * was there before.
 */
export async function planAutomatic(before: DeployedImage, context: DeliveryContext): Promise<Sealed> {
  const record = await makePlan(
    { purpose: 'deploy', revision: before.revision, imageDigest: before.digest, varFiles: [] },
    context,
  );
  const unscanned: ScanRecord = { planSha256: record.plan.sha256, scanners: [], absent: [...REQUIRED] };
  await writeFile(fileOf(context, 'scan'), JSON.stringify(unscanned));
  const beyond = beyondTheImage(record.changes);
  if (beyond.length === 0) return sealPlan(context);
  throw new CliError({
    what: 'The automatic rollback was not done.',
    why: `Going back to ${before.revision} would change more than the image: ${beyond.slice(0, 5).join(', ')}.`,
    next: `Start the workflow with action rollback and revision ${before.revision}: it plans, and a reviewer approves.`,
  });
}
