import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportSPKI, importJWK, type JWK } from 'jose';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import type { Child } from '@lornu/ops/process/child.ts';
import { startChild } from '@lornu/ops/process/child.ts';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import type { Balancer } from '../load-balancer/balancer.ts';
import { createControl, type BalancerControl } from '../load-balancer/control.ts';
import { renderHaproxy } from '../load-balancer/render-haproxy.ts';
import type { Pace } from '../tasks/pace.ts';

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
}

const START_MS = 15_000;

/** Starts HAProxy as the applied load balancer, without targets. */
export async function startHaproxy(options: HaproxyOptions, context: StartContext): Promise<RunningHaproxy> {
  const program = Bun.which('haproxy', { PATH: `${context.env['PATH'] ?? ''}:/usr/sbin` });
  if (!program) {
    throw new CliError({
      what: 'HAProxy is missing.',
      why: "It plays AWS's load balancer, and there is no haproxy on PATH.",
      next: 'apt-get install haproxy, then run the same command again.',
      exitCode: EXIT.machine,
    });
  }
  const { folder, certificateFolder } = options;
  const balancer = withPace(options.balancer, options.pace);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const ports: Record<number, number> = {};
  for (const { port } of balancer.listeners) {
    ports[port] = await claimPort(options.wantedPorts[port] ?? 0, './lornu rehearse serve');
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
    address: '127.0.0.1',
    ports,
    certificate: join(certificateFolder, 'server.pem'),
    trustStores: Object.fromEntries(
      stores.map((arn) => [arn, join(certificateFolder, 'peer-authority.pem')]),
    ),
    tokenKeys: Object.fromEntries(endpoints.map((endpoint) => [endpoint, keys])),
    socket,
  });
  await writeFile(configPath, configuration);
  const checked = await tryCommand([program, '-c', '-q', '-f', configPath]);
  if (checked.exitCode !== 0) {
    throw new CliError({
      what: 'HAProxy rejects the configuration generated from the applied load balancer.',
      why: checked.tail.join(' '),
      next: 'Compare the lines it names with rehearsal/load-balancer, which generates them.',
      logPath: configPath,
      exitCode: EXIT.bug,
    });
  }
  const child = await startChild({
    name: 'HAProxy',
    command: endingWithParent([program, '-db', '-f', configPath]),
    cwd: folder,
    env: { PATH: context.env['PATH'] },
    logPath: join(context.dataDir, 'logs/haproxy.log'),
    redact: context.redact,
    stopWithinMs: 1_000,
  });
  const control = createControl(socket, balancer.targetGroups);
  const deadline = Date.now() + START_MS;
  while (!(await control.servers().catch(() => undefined))) {
    if (Date.now() > deadline) {
      await child.stop();
      throw new CliError({
        what: "HAProxy doesn't start.",
        why: `Its socket did not answer within ${START_MS / 1000} s.`,
        next: 'Read the lines above, then run the same command again.',
        output: child.tail,
        logPath: child.logPath,
        exitCode: EXIT.machine,
      });
    }
    await Bun.sleep(20);
  }
  return { child, control, ports, configPath };
}

/** Shortens the intervals of health checks; thresholds, path and codes stay. */
function withPace(balancer: Balancer, pace: Pace): Balancer {
  return {
    ...balancer,
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
