import { makeCertificates } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import type { Action, Balancer, TargetGroup } from '@lornu/rehearsal/load-balancer/balancer.ts';
import type { Firewall } from '@lornu/rehearsal/load-balancer/firewall.ts';
import { backendName } from '@lornu/rehearsal/load-balancer/render-haproxy.ts';
import { startHaproxy, type RunningHaproxy } from '@lornu/rehearsal/serve/start-haproxy.ts';
import { createPace } from '@lornu/rehearsal/tasks/pace.ts';
import type { JWK } from 'jose';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startContext } from '../conformance/kit.ts';

export const HOST = 'aws-staging.lornu.example';
export const POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06';

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

export const forward: Action = { type: 'forward', targetGroupArn: AGENT_GROUP.arn };
/** Redirects to the same place over HTTPS. */
export const TO_HTTPS: Action = {
  type: 'redirect',
  protocol: 'HTTPS',
  host: '#{host}',
  port: '443',
  path: '/#{path}',
  query: '#{query}',
  status: 301,
};
export const fixed = (status: number, detail: string): Action => ({
  type: 'fixed-response',
  status,
  contentType: 'application/json',
  body: JSON.stringify({ detail }),
});

export interface RunningBalancer extends RunningHaproxy {
  /** Has the certificates that its clients need. */
  folder: string;
  end: () => Promise<void>;
}

/** Starts the real HAProxy for the balancer; every target group begins without a target. */
export async function startBalancer(
  balancer: Balancer,
  tokenKeys: readonly JWK[] = [],
  firewall?: Firewall,
): Promise<RunningBalancer> {
  const context = await startContext();
  const folder = context.dataDir;
  await makeCertificates(await ensureEmulatorPython(context, () => {}), folder, context, HOST);
  const haproxy = await startHaproxy(
    {
      balancer,
      certificateFolder: folder,
      folder: join(folder, 'haproxy'),
      tokenKeys,
      pace: createPace(1),
      wantedPorts: {},
      firewall,
    },
    context,
  );
  return {
    ...haproxy,
    folder,
    end: async () => {
      await haproxy.child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Adds a target of the agent's group, and waits until it is healthy. */
export async function addTarget({ control }: RunningBalancer, name: string, port: number): Promise<void> {
  await control.add(backendName(AGENT_GROUP.arn), name, '127.0.0.1', port);
  for (let tries = 0; tries < 400; tries += 1) {
    const found = (await control.servers()).find((server) => server.name === name);
    if (found?.status === 'healthy') return;
    await Bun.sleep(25);
  }
  throw new Error(`${name} did not get healthy: ${JSON.stringify(await control.servers())}`);
}
