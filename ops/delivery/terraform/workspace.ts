import { CliError } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { HCP_HOST, openHcp, ORGANIZATION, showWorkspace } from './hcp.ts';

const WORKSPACE = 'lornu-aws-staging';
const WHAT = 'terraform/aws/staging cannot be planned or applied here.';

export interface WorkspaceFacts {
  /** Whether another run or a person holds the state's lock. */
  locked: boolean;
}

/**
 * Checks the workspace of terraform/aws/staging before Terraform runs: `terraform init` would create a missing one with
 * the organization's default execution mode, which is remote, and a remote plan runs at HCP without AWS credentials.
 * Returns undefined without a token; Terraform then says how to get one. The address is HCP Terraform's or TFE_ADDRESS.
 */
export async function requireLocalExecution(context: DeliveryContext): Promise<WorkspaceFacts | undefined> {
  const hcp = await openHcp(context.env, context.signal, WHAT);
  if (!hcp) return undefined;
  const workspace = await showWorkspace(hcp, WORKSPACE, WHAT);
  if (!workspace) {
    throw new CliError({
      what: WHAT,
      why: `This token cannot see the workspace ${WORKSPACE} of ${ORGANIZATION}.`,
      next: `Make it with execution mode local (./lornu setup hcp), or at ${HCP_HOST} give the token's team access to it; terraform/README.md, "First-time setup".`,
    });
  }
  const { executionMode, locked } = workspace;
  if (executionMode !== 'local') {
    throw new CliError({
      what: WHAT,
      why: `The workspace ${WORKSPACE} has execution mode ${executionMode}: plans would run at HCP, without AWS credentials and without the checks of this command.`,
      next: `./lornu setup hcp sets it; or at ${HCP_HOST}: ${WORKSPACE}, Settings, General, Execution Mode: Local (and Settings, General of the organization, so that new workspaces have it too).`,
    });
  }
  return { locked };
}
