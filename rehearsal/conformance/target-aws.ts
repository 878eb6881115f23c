import { randomBytes } from 'node:crypto';
import { waitUntilLoadBalancerAvailable } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { ensureEmulatorPython } from '../emulator/ensure-python.ts';
import { askAt } from './ask.ts';
import { createClients, type Clients } from './clients.ts';
import { cleanUp } from './stack/clean-up.ts';
import { Ledger } from './stack/ledger.ts';
import { makeStack } from './stack/make-stack.ts';
import { createProbeMaker } from './stack/probes.ts';
import { HOST } from './stack/rules.ts';
import { clientPem, makeCertificates } from './target-rehearsal.ts';
import { createIssuer } from './tokens.ts';
import { createScenes, type World } from './world.ts';

/** A task on Fargate starts within a minute or two, and a deployment takes some minutes. */
const LIMIT_MS = 20 * 60_000;
const LOOK_MS = 1000;
const GRACE_S = 60;
const BALANCER_S = 10 * 60;
/** AWS removes the network interfaces of a load balancer and of tasks within minutes. */
const CLEAN_UP_MS = 20 * 60_000;

export interface AwsOptions {
  region: string;
  /** Addresses that may reach the load balancer. */
  from: string;
}

export interface AwsWorld extends World {
  /** Values that must not be recorded. */
  secrets: string[];
  /** Removes all created resources. The ledger remains if any resource is left. */
  end: () => Promise<void>;
}

/** The account and its number. Throws if AWS does not accept the credentials. */
export async function requireAccount(clients: Pick<Clients, 'sts'>): Promise<string> {
  try {
    return (await clients.sts.getCallerIdentity({})).Account ?? '';
  } catch (cause) {
    throw new CliError({
      what: 'AWS does not accept the credentials, or cannot be reached.',
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Set AWS_PROFILE (or other variables of the AWS SDK) and AWS_REGION, then check them with: aws sts get-caller-identity',
      exitCode: EXIT.machine,
      cause,
    });
  }
}

/** The path of the ledger. The file exists until all resources are removed. */
export function ledgerPath(dataDir: string): string {
  return join(dataDir, 'conformance-made.jsonl');
}

/** Removes the resources that an earlier run left in the account. Throws with those that remain. */
export async function cleanUpLeft(
  clients: Clients,
  ledger: Ledger,
  onStep: (what: string) => void,
  limitMs = CLEAN_UP_MS,
): Promise<void> {
  const left = await cleanUp(clients, ledger, limitMs, onStep);
  if (left.length === 0) return;
  throw new CliError({
    what: `${left.length} resources of the probe stack are left in the account.`,
    why: left.map(({ made, why }) => `${made.kind} ${made.id}: ${why}`).join('\n'),
    next: 'Run ./lornu conformance --target aws --clean-up later, or remove them by hand.',
    exitCode: EXIT.failed,
  });
}

/** Creates the probe stack in the account of the environment's credentials. */
export async function startAwsWorld(
  options: AwsOptions,
  context: StartContext,
  onStep: (what: string) => void,
  clients: Clients = createClients({ region: options.region }),
): Promise<AwsWorld> {
  const { region, from } = options;
  const account = await requireAccount(clients);
  await mkdir(context.dataDir, { recursive: true });
  const python = await ensureEmulatorPython(context, () => {});
  const folder = join(context.dataDir, 'conformance');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const certificates = await makeCertificates(python, folder, context);
  const issuer = await createIssuer();
  const name = `lc-${randomBytes(4).toString('hex')}`;
  const ledger = new Ledger(ledgerPath(context.dataDir));
  const end = async (): Promise<void> => cleanUpLeft(clients, ledger, onStep);
  try {
    const keySet = JSON.stringify({ keys: issuer.keys });
    const stack = await makeStack({ clients, ledger, name, region, certificates, keySet, from, onStep });
    onStep('waiting for the load balancer');
    await waitUntilLoadBalancerAvailable(
      { client: clients.elb, maxWaitTime: BALANCER_S, abortSignal: context.signal },
      { LoadBalancerArns: [stack.balancer.arn] },
    );
    const { LoadBalancers } = await clients.elb.describeLoadBalancers({
      LoadBalancerArns: [stack.balancer.arn],
    });
    const host = LoadBalancers?.[0]?.DNSName ?? stack.balancer.dnsName;
    const scenes = createScenes();
    const world: AwsWorld = {
      target: 'aws',
      clients,
      stack,
      probes: createProbeMaker(clients, ledger, stack, GRACE_S),
      ask: async (listener, request, certificate = 'none') => {
        const [cert = '', key = ''] = clientPem(certificates, certificate);
        const tls = { servername: HOST, ca: certificates.authority, ...(cert ? { cert, key } : {}) };
        return askAt({ host, port: listener, ...(listener === 80 ? {} : { tls }) }, request);
      },
      token: issuer.token,
      peerCertificate: certificates.peer,
      listenerPort: (port) => port,
      lookMs: LOOK_MS,
      limitMs: LIMIT_MS,
      scene: async (play) => scenes(world)(play),
      broken: () => context.signal.throwIfAborted(),
      say: onStep,
      secrets: [host, name, region, account],
      end,
    };
    return world;
  } catch (error) {
    await end();
    throw error;
  }
}
