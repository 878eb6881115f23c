import { writeFile } from 'node:fs/promises';
import { runSteps } from '../../steps/run-steps.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { requireApproval } from '../github/approval.ts';
import { openRepository } from '../image/repository.ts';
import { requireSignature } from '../image/signature.ts';
import type { AppliedPlan, Manifest } from '../manifest.ts';
import { parseShownPlan, variableOf } from '../plan/read-plan.ts';
import { readState } from '../plan/read-state.ts';
import { isPipeline } from '../scan/scan-plan.ts';
import { openTerraform, type Terraform } from '../terraform/terraform.ts';
import { changesTheImage, checkApproved, refuse, type ApplyMode } from './check-approved.ts';
import { halfway } from './halfway.ts';
import { createProgress } from './progress.ts';

/**
 * Applies the plan file whose manifest has the approved digest, and no other; all checks come before the first change.
 * If the apply fails in the middle, the error lists what is applied and what is not. Writes the files that `lornu
 * deploy` and `lornu rollback` read.
 */
export async function applyPlan(
  approved: string,
  mode: ApplyMode,
  context: DeliveryContext,
): Promise<AppliedPlan> {
  const made: { manifest?: Manifest; terraform?: Terraform; applied?: AppliedPlan } = {};
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('a step before this one has not run');
    return value;
  };
  await runSteps(
    [
      {
        id: 'approved',
        title: 'Compare plan, scan and commit with what was approved',
        run: async () => {
          made.manifest = await checkApproved(approved, mode, context);
          return approved;
        },
      },
      {
        id: 'approval',
        title: 'Ask GitHub who approved',
        ...(mode === 'image-only'
          ? { skip: 'the image alone changes, back to what this approved run had replaced' }
          : isPipeline(context.env)
            ? {}
            : { skip: 'not in the workflow: you approve by running it' }),
        run: async () => requireApproval(context.env),
      },
      {
        id: 'image',
        title: 'Look for the image',
        run: async () => openRepository().requireDigest(need(made.manifest).record.image.digest),
      },
      {
        id: 'signature',
        title: 'Verify who signed the image (cosign)',
        run: async () =>
          requireSignature(
            need(made.manifest).record.image.digest,
            'Nothing was applied: the image is not one that may run.',
            context,
          ),
      },
      {
        id: 'state',
        title: 'Compare the state with the one that was planned against',
        run: async (io) => {
          made.terraform = await openTerraform(context, io);
          await made.terraform.init(io);
          const state = readState(await made.terraform.read(['state', 'pull'], "The state can't be read."));
          const planned = need(made.manifest).record.state;
          if (state.serial !== planned.serial || state.lineage !== planned.lineage) {
            throw refuse(
              `The state has changed since: it is serial ${state.serial}, and the plan was made against ${planned.serial}.`,
            );
          }
          return `serial ${state.serial}`;
        },
      },
      {
        id: 'plan',
        title: 'Read the plan file',
        run: async () => {
          const { image, terraform } = need(made.manifest).record;
          const text = await need(made.terraform).read(
            ['show', '-json', fileOf(context, 'plan')],
            'Nothing was applied: the plan file is not readable.',
          );
          const shown = parseShownPlan(text);
          if (
            variableOf(shown, 'image_digest') !== image.digest ||
            variableOf(shown, 'revision') !== image.revision
          )
            throw refuse('The plan file names another image than the manifest.');
          return `Terraform ${terraform}, ${image.revision}`;
        },
      },
      {
        id: 'apply',
        title: 'Apply the plan file',
        run: async (io) => {
          const { record } = need(made.manifest);
          const progress = createProgress(record.changes);
          await need(made.terraform)
            .run(['apply', fileOf(context, 'plan')], io, {
              what: 'terraform apply failed.',
              onEvent: progress.take,
            })
            .catch((error: unknown) => {
              throw halfway(error, progress.read(), context.signal.aborted);
            });
          made.applied = {
            at: new Date().toISOString(),
            image: toDeployed(record.image),
            before: record.before,
            startsDeployment: record.changes.some(({ address }) => changesTheImage(address)),
          };
          await writeFile(fileOf(context, 'applied'), JSON.stringify(made.applied, null, 2));
          return `${record.changes.length} changes`;
        },
      },
    ],
    context.emit,
  );
  return need(made.applied);
}

function toDeployed({ digest, revision }: { digest: string; revision: string }): {
  digest: string;
  revision: string;
} {
  return { digest, revision };
}
