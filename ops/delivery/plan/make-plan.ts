import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { CliError } from '../../base/cli-error.ts';
import { runSteps } from '../../steps/run-steps.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { readCheckout, toRevision } from '../git.ts';
import { openRepository, targetOf } from '../image/repository.ts';
import type { GateVerdict, PlanRecord } from '../manifest.ts';
import { stateIsLocked } from '../terraform/explain.ts';
import { openTerraform, type Terraform } from '../terraform/terraform.ts';
import { chooseImage, type ImageChoice } from './choose-image.ts';
import { describeCounts, parseShownPlan, readChanges } from './read-plan.ts';
import { findSecrets } from './find-secrets.ts';
import { readState, type StateFacts } from './read-state.ts';
import { readVariables, variableArguments } from './variables.ts';

export interface PlanOptions extends ImageChoice {
  purpose: PlanRecord['purpose'];
  varFiles: readonly string[];
  /** The gate's verdict about this image, if this run built it. */
  gate?: GateVerdict | undefined;
}

/**
 * Plans terraform/aws/staging into a file and writes beside it what it was made from: commit, state, image and changes.
 * Clears the delivery folder first, so that nothing of an older plan is left.
 */
export async function makePlan(options: PlanOptions, context: DeliveryContext): Promise<PlanRecord> {
  await rm(context.folder, { recursive: true, force: true });
  await mkdir(context.folder, { recursive: true });
  const variables = readVariables(context.env);
  const checkout = await readCheckout(context);
  const made: {
    terraform?: Terraform;
    state?: StateFacts;
    image?: PlanRecord['image'];
    record?: PlanRecord;
  } = {};
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('a step before this one has not run');
    return value;
  };
  await runSteps(
    [
      {
        id: 'terraform',
        title: 'Read the state (Terraform Cloud)',
        run: async (io) => {
          const terraform = await openTerraform(context, io);
          const workspace = await terraform.init(io);
          if (options.purpose === 'deploy' && workspace?.locked) throw stateIsLocked('Nothing was planned.');
          const state = readState(await terraform.read(['state', 'pull'], "The state can't be read."));
          Object.assign(made, { terraform, state });
          return state.serial === 0 ? 'nothing has been applied yet' : `serial ${state.serial}`;
        },
      },
      {
        id: 'image',
        title: 'Find the image',
        run: async () => {
          const revision = options.revision ?? toRevision(checkout.commit);
          made.image = await chooseImage(
            { ...options, revision },
            { purpose: options.purpose, target: targetOf(variables), deployed: need(made.state).deployed },
            openRepository(),
          );
          return made.image.placeholder
            ? 'nothing is deployed yet: a placeholder stands for the digest'
            : `${made.image.revision}, ${made.image.digest.slice(0, 19)}`;
        },
      },
      {
        id: 'plan',
        title: 'Plan terraform/aws/staging',
        run: async (io) => {
          const image = need(made.image);
          const path = fileOf(context, 'plan');
          const terraform = need(made.terraform);
          await terraform.run(
            // A plan writes no state, so a read-only token is enough and no lock is taken. The apply detects a state
            // that has changed since, by its serial and lineage.
            [
              'plan',
              `-out=${path}`,
              '-lock=false',
              ...(await variableArguments(context, image, options.varFiles)),
            ],
            io,
            { what: 'terraform plan failed.' },
          );
          const shown = await terraform.read(['show', '-json', path], "The plan can't be shown.");
          await refuseSecrets(shown, context);
          await writeFile(fileOf(context, 'planJson'), shown);
          const bytes = await readFile(path);
          const { lineage, serial, deployed } = need(made.state);
          made.record = {
            purpose: options.purpose,
            madeAt: new Date().toISOString(),
            commit: checkout.commit,
            clean: checkout.changed.length === 0,
            plan: { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
            terraform: terraform.version,
            state: { lineage, serial },
            image,
            before: deployed,
            changes: readChanges(parseShownPlan(shown)),
            ...(options.gate ? { gate: options.gate } : {}),
          };
          await writeFile(fileOf(context, 'record'), JSON.stringify(made.record, null, 2));
          return describeCounts(made.record.changes);
        },
      },
    ],
    context.emit,
  );
  return need(made.record);
}

/**
 * Everyone who may read the repository can read the plan that the jobs pass on, so a plan that contains a secret is
 * discarded.
 */
async function refuseSecrets(shown: string, context: DeliveryContext): Promise<void> {
  const secrets = findSecrets(JSON.parse(shown));
  if (secrets.length === 0) return;
  await rm(context.folder, { recursive: true, force: true });
  throw new CliError({
    what: 'The plan was discarded.',
    why: `It contains secret values: ${secrets.slice(0, 5).join(', ')}.`,
    next: 'Let Terraform create the secret without a value, and set the value with ./lornu secrets set: whatever Terraform knows ends up in its state and plan.',
  });
}
