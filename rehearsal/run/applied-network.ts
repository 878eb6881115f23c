import { writeFile } from 'node:fs/promises';
import { renderNetwork } from '../picture/render-network.ts';
import type { Network } from '../reachability/network.ts';
import { readNetwork } from '../reachability/read-network.ts';
import { readServed } from '../reachability/read-served.ts';
import type { Statement } from '../reachability/statements.ts';
import { readTerraform } from '../terraform/run-terraform.ts';
import type { Standing } from './standing.ts';

/**
 * The staging stack's network, read from the account: Terraform's outputs name the service, AWS's responses have the
 * rest.
 */
export async function readAppliedNetwork(standing: Standing): Promise<Network> {
  const outputs = (await readTerraform(
    ['output', '-json'],
    standing.workspace.stackFolder('staging'),
    standing.terraform,
  )) as Record<string, { value: unknown } | undefined>;
  const { clients } = standing;
  const served = await readServed(
    clients,
    String(outputs['cluster_name']?.value),
    String(outputs['service_name']?.value),
  );
  return readNetwork(clients.ec2, served.vpcId, served.loadBalancer, served.service);
}

/** The network with its computed reachability as a picture, for a browser. */
export async function drawNetwork(
  network: Network,
  statements: readonly Statement[],
  path: string,
): Promise<void> {
  await writeFile(path, renderNetwork(network, statements));
}
