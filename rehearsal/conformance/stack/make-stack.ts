import type { Clients } from '../clients.ts';
import { makeBalancer, type ProbeBalancer } from './balancer.ts';
import {
  makeLogGroup,
  makeRoles,
  makeSecrets,
  makeTrust,
  type Certificates,
  type ProbeSecrets,
} from './identity.ts';
import type { Ledger } from './ledger.ts';
import { makeNetwork, type ProbeNetwork } from './network.ts';
import { SERVICES, type ServiceName } from './rules.ts';

/** The cluster of the single probes. Each service has its own cluster. */
type ClusterName = 'single' | ServiceName;

export interface Stack {
  /** The unique prefix of all resource names in the stack. */
  name: string;
  network: ProbeNetwork;
  balancer: ProbeBalancer;
  roles: { execution: string; task: string };
  secrets: ProbeSecrets;
  logGroup: string;
  clusters: Record<ClusterName, string>;
}

export interface StackOptions {
  clients: Clients;
  ledger: Ledger;
  name: string;
  region: string;
  certificates: Certificates;
  /** The token issuer's public keys, as JSON. */
  keySet: string;
  /** Addresses that may reach the load balancer. */
  from: string;
  onStep: (what: string) => void;
}

/** Creates everything that the checks need in the account. The ledger lists what has to be removed. */
export async function makeStack(options: StackOptions): Promise<Stack> {
  const { clients, ledger, name, region, onStep } = options;
  onStep('network');
  const network = await makeNetwork(clients, ledger, name, options.from);
  onStep('roles, secrets, log group');
  const roles = await makeRoles(clients, ledger, name);
  const secrets = await makeSecrets(clients, ledger, name);
  const logGroup = await makeLogGroup(clients, ledger, `/${name}`);
  onStep('certificate, trust store, key set');
  const trust = await makeTrust(clients, ledger, name, options.certificates, options.keySet, region);
  onStep('load balancer, target groups, rules');
  const balancer = await makeBalancer(clients, ledger, name, network, trust);
  onStep('clusters');
  const clusters: [ClusterName, string][] = [];
  for (const cluster of ['single', ...SERVICES] as const) {
    const clusterName = `${name}-${cluster}`;
    await clients.ecs.createCluster({ clusterName });
    clusters.push([cluster, await ledger.add('cluster', clusterName)]);
  }
  return {
    name,
    network,
    balancer,
    roles,
    secrets,
    logGroup,
    clusters: Object.fromEntries(clusters) as Record<ClusterName, string>,
  };
}
