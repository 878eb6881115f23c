import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Answer, Request } from './ask.ts';
import { PROBE_PORT } from './stack/network.ts';
import { GROUP_HEADER, type GroupName } from './stack/rules.ts';
import type { World } from './world.ts';

/** Waits until `find` returns a value. After the time limit, throws an error that contains `what`. */
export async function until<Found>(
  world: World,
  what: string,
  find: () => Promise<Found | undefined | false>,
): Promise<Found> {
  const deadline = Date.now() + world.limitMs;
  for (;;) {
    const found = await find();
    if (found) return found;
    world.broken();
    if (Date.now() > deadline) throw new Error(`never ${what}`);
    await Bun.sleep(world.lookMs);
  }
}

/** Sends a request over TLS to the probes of one target group. */
export async function askGroup(
  world: World,
  group: GroupName,
  path: string,
  request: Omit<Request, 'path'> = {},
): Promise<Answer> {
  return world.ask(443, { ...request, path, headers: { [GROUP_HEADER]: group, ...request.headers } });
}

/** The request as the probe received it. */
export interface Echo {
  name: string;
  revision: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  received: number;
}

export function echoOf(answer: Answer): Echo {
  if (answer.status !== 200)
    throw new Error(`the request did not reach the probe: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as Echo;
}

/** Sets what the probe behind a group answers to the health checks of a path. */
export async function plan(
  world: World,
  group: GroupName,
  path: string,
  answers: readonly number[],
  { repeat = false, delayMs = 0 } = {},
): Promise<void> {
  const body = JSON.stringify({ path, answers, repeat, delayMs });
  const answer = await askGroup(world, group, '/probe/plan', { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`the probe did not accept the plan: ${answer.status}`);
}

export interface SeenCheck {
  status: number;
  method: string;
  agent: string;
  connection: number;
}

export async function checksOf(world: World, group: GroupName, path: string): Promise<SeenCheck[]> {
  return JSON.parse((await askGroup(world, group, `/probe/checks?path=${path}`)).body) as SeenCheck[];
}

export async function register(world: World, group: GroupName, address: string): Promise<void> {
  await world.clients.elb.registerTargets({
    TargetGroupArn: world.stack.balancer.groups[group],
    Targets: [{ Id: address, Port: PROBE_PORT }],
  });
}

export async function deregister(world: World, group: GroupName, address: string): Promise<void> {
  await world.clients.elb.deregisterTargets({
    TargetGroupArn: world.stack.balancer.groups[group],
    Targets: [{ Id: address, Port: PROBE_PORT }],
  });
}

/** The targets of a group with their health from DescribeTargetHealth. */
export async function targets(world: World, group: GroupName): Promise<Map<string, TargetHealth>> {
  const { TargetHealthDescriptions = [] } = await world.clients.elb.describeTargetHealth({
    TargetGroupArn: world.stack.balancer.groups[group],
  });
  return new Map(
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth ?? {}]),
  );
}

export async function untilState(
  world: World,
  group: GroupName,
  address: string,
  state: string,
): Promise<TargetHealth> {
  return until(world, `${state} in ${group}`, async () => {
    const health = (await targets(world, group)).get(address);
    return health?.State === state ? health : undefined;
  });
}
