import { z } from 'zod';
import { CliError } from '../../base/cli-error.ts';
import type { StepIo } from '../../steps/run-steps.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { readState } from '../plan/read-state.ts';
import { openTerraform } from '../terraform/terraform.ts';

const OUTPUTS = z.looseObject({
  url: z.string(),
  cluster_name: z.string(),
  service_name: z.string(),
  task_definition_arn: z.string(),
});

export interface StackOutputs {
  url: string;
  cluster: string;
  service: string;
  taskDefinition: string;
}

/**
 * The outputs of the applied stack. Read from the state, because HCP Terraform updates its own list of outputs some
 * time after an apply.
 */
export async function readOutputs(context: DeliveryContext, io: StepIo): Promise<StackOutputs> {
  const terraform = await openTerraform(context, io);
  await terraform.init(io);
  const { outputs } = readState(await terraform.read(['state', 'pull'], "The state can't be read."));
  const parsed = OUTPUTS.safeParse(outputs);
  if (!parsed.success) {
    throw new CliError({
      what: 'There is nothing to wait for.',
      why: 'The state of terraform/aws/staging has no service: nothing has been applied, or an apply did not finish.',
      next: './lornu plan --for deploy, or start the workflow.',
    });
  }
  const { url, cluster_name: cluster, service_name: service, task_definition_arn: definition } = parsed.data;
  return { url, cluster, service, taskDefinition: definition };
}
