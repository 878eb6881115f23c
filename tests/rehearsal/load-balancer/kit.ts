import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import type { Balancer, TargetGroup } from '@lornu/rehearsal/load-balancer/balancer.ts';
import type { Firewall } from '@lornu/rehearsal/load-balancer/firewall.ts';
import { createControl, type BalancerControl } from '@lornu/rehearsal/load-balancer/control.ts';
import { backendName, renderHaproxy } from '@lornu/rehearsal/load-balancer/render-haproxy.ts';
import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dir, '../../..');
export const HOST = 'aws-staging.lornu.example';

/** The applied target group of the agent, with quicker health checks. */
export const AGENT_GROUP: TargetGroup = {
  arn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/agent/0123456789abcdef',
  name: 'agent',
  algorithm: 'least_outstanding_requests',
  deregistrationDelayS: 120,
  health: {
    path: '/health',
    matcher: '200',
    intervalS: 1,
    timeoutS: 1,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
  },
};

/** A running HAProxy with the translated configuration, and the files that its clients need. */
export interface RunningBalancer {
  /** https://127.0.0.1:PORT of a listener. */
  url: (port: number) => string;
  ports: Record<number, number>;
  folder: string;
  control: BalancerControl;
  end: () => Promise<void>;
}

/** Starts the real HAProxy for the balancer; every target group begins without a target. */
export async function startBalancer(
  balancer: Balancer,
  tokenKeys: Record<string, { kid: string; pem: string }[]> = {},
  firewall?: Firewall,
): Promise<RunningBalancer> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-balancer-'));
  const context = { cacheDir: join(root, '.cache'), env: process.env, signal: new AbortController().signal };
  const python = await ensureEmulatorPython(context, () => {});
  const made = Bun.spawnSync([python, join(root, 'rehearsal/aws/certificates.py'), folder, HOST]);
  if (!made.success) throw new Error(made.stderr.toString());

  const keys: Record<string, { kid: string; file: string }[]> = {};
  for (const [endpoint, list] of Object.entries(tokenKeys)) {
    keys[endpoint] = await Promise.all(
      list.map(async ({ kid, pem }, index) => {
        const file = join(folder, `key-${index}.pem`);
        await writeFile(file, pem);
        return { kid, file };
      }),
    );
  }
  const ports: Record<number, number> = {};
  for (const { port } of balancer.listeners) ports[port] = await freePort();
  const socket = join(folder, 'control.sock');
  const stores = balancer.listeners.flatMap(({ mutualTls }) =>
    mutualTls.mode === 'verify' ? [mutualTls.trustStoreArn] : [],
  );
  const configuration = renderHaproxy(balancer, {
    addresses: ['127.0.0.1'],
    ports,
    certificate: join(folder, 'server.pem'),
    trustStores: Object.fromEntries(stores.map((arn) => [arn, join(folder, 'peer-authority.pem')])),
    tokenKeys: keys,
    firewall,
    socket,
  });
  const path = join(folder, 'haproxy.cfg');
  await writeFile(path, configuration);
  const checked = Bun.spawnSync(['haproxy', '-c', '-f', path]);
  if (!checked.success) throw new Error(`${checked.stderr.toString()}\n${configuration}`);
  const child = Bun.spawn(endingWithParent(['haproxy', '-db', '-f', path]), {
    stdout: 'ignore',
    stderr: 'inherit',
  });
  const control = createControl(socket, balancer.targetGroups);
  for (let tries = 0; tries < 100 && !(await control.servers().catch(() => undefined)); tries += 1)
    await Bun.sleep(20);
  return {
    url: (port) =>
      `${balancer.listeners.find((one) => one.port === port)?.protocol === 'HTTPS' ? 'https' : 'http'}://127.0.0.1:${ports[port]}`,
    ports,
    folder,
    control,
    end: async () => {
      child.kill('SIGKILL');
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Adds a target and waits until it is healthy. */
export async function addTarget(
  balancer: RunningBalancer,
  arn: string,
  name: string,
  port: number,
): Promise<void> {
  await balancer.control.add(backendName(arn), name, '127.0.0.1', port);
  await waitForStatus(balancer, name, 'healthy');
}

export async function waitForStatus(balancer: RunningBalancer, name: string, status: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = (await balancer.control.servers()).find((server) => server.name === name);
    if (found?.status === status) return;
    await Bun.sleep(25);
  }
  throw new Error(`${name} did not get ${status}: ${JSON.stringify(await balancer.control.servers())}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
