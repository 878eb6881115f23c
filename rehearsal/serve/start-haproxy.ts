import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportSPKI, importJWK, type JWK } from 'jose';
import type { Child } from '@lornu/ops/process/child.ts';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import type { Balancer } from '../load-balancer/balancer.ts';
import type { Firewall } from '../load-balancer/firewall.ts';
import { createControl, type BalancerControl } from '../load-balancer/control.ts';
import { renderHaproxy } from '../load-balancer/render-haproxy.ts';
import type { Pace } from '../tasks/pace.ts';
import { runHaproxy } from './run-haproxy.ts';

export interface RunningHaproxy {
  child: Child;
  control: BalancerControl;
  /** The local port of each listener's port. */
  ports: Record<number, number>;
  /** Its configuration, written out. */
  configPath: string;
}

export interface HaproxyOptions {
  balancer: Balancer;
  /** Folder of the rehearsal's certificates. */
  certificateFolder: string;
  folder: string;
  /** Keys of the token issuer, whatever address the listener has for it. */
  tokenKeys: readonly JWK[];
  pace: Pace;
  /** The local port for a listener's port; a free one by default. */
  wantedPorts: Readonly<Record<number, number>>;
  /** The web ACL before it. */
  firewall?: Firewall | undefined;
  /** Its place in the applied VPC, where it listens on the listeners' own ports; loopback where it is left out. */
  inVpc?: { addresses: readonly string[]; enter: (command: readonly string[]) => string[] } | undefined;
  /** Changes the rendered configuration, for tests of a wrong load balancer. */
  rewrite?: ((configuration: string) => string) | undefined;
}

/** Starts HAProxy as the load balancer that was applied, with no target yet. */
export async function startHaproxy(options: HaproxyOptions, context: StartContext): Promise<RunningHaproxy> {
  const { folder, certificateFolder, inVpc } = options;
  const balancer = withPace(options.balancer, options.pace);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const ports: Record<number, number> = {};
  for (const { port } of balancer.listeners) {
    ports[port] = inVpc ? port : await claimPort(options.wantedPorts[port] ?? 0, './lornu rehearse serve');
  }
  const keys = await writeKeys(options.tokenKeys, folder);
  const endpoints = balancer.listeners.flatMap(({ rules }) =>
    rules.flatMap(({ actions }) =>
      actions.flatMap((action) => (action.type === 'jwt-validation' ? [action.jwksEndpoint] : [])),
    ),
  );
  const stores = balancer.listeners.flatMap(({ mutualTls }) =>
    mutualTls.mode === 'verify' ? [mutualTls.trustStoreArn] : [],
  );
  const socket = join(folder, 'control.sock');
  const configPath = join(folder, 'haproxy.cfg');
  const configuration = renderHaproxy(balancer, {
    addresses: inVpc?.addresses ?? ['127.0.0.1'],
    ports,
    certificate: join(certificateFolder, 'server.pem'),
    trustStores: Object.fromEntries(
      stores.map((arn) => [arn, join(certificateFolder, 'peer-authority.pem')]),
    ),
    firewall: options.firewall,
    tokenKeys: Object.fromEntries(endpoints.map((endpoint) => [endpoint, keys])),
    socket,
  });
  await writeFile(configPath, options.rewrite?.(configuration) ?? configuration);
  const control = createControl(socket, balancer.targetGroups);
  const child = await runHaproxy(
    {
      name: 'HAProxy',
      configPath,
      logName: 'haproxy',
      enter: inVpc?.enter ?? endingWithParent,
      isReady: async () => (await control.servers().catch(() => undefined)) !== undefined,
    },
    context,
  );
  return { child, control, ports, configPath };
}

/** Shortens the intervals of health checks and the client keep-alive; thresholds, path and codes stay. */
function withPace(balancer: Balancer, pace: Pace): Balancer {
  return {
    ...balancer,
    clientKeepAliveS: pace.interval(balancer.clientKeepAliveS) / 1000,
    targetGroups: balancer.targetGroups.map((group) => ({
      ...group,
      health: { ...group.health, intervalS: pace.interval(group.health.intervalS) / 1000 },
    })),
  };
}

/** Writes one PEM file per key, because HAProxy reads PEM. */
async function writeKeys(jwks: readonly JWK[], folder: string): Promise<{ kid: string; file: string }[]> {
  return Promise.all(
    jwks.map(async (jwk, index) => {
      const file = join(folder, `token-key-${index}.pem`);
      const key = await importJWK(jwk, 'RS256', { extractable: true });
      if (key instanceof Uint8Array) throw new Error('a token key is no public key');
      await writeFile(file, await exportSPKI(key));
      return { kid: jwk.kid ?? '', file };
    }),
  );
}
