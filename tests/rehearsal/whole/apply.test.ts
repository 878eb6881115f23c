import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { MODEL } from '@lornu/agents/model.ts';
import { parseConfig } from '@lornu/backend/config/config.ts';
import { describeConfig } from '@lornu/backend/config/describe-config.ts';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { BREAKS } from '@lornu/rehearsal/breaks/all-breaks.ts';
import { runBreaks } from '@lornu/rehearsal/breaks/run-breaks.ts';
import { apply, type ApplyResult } from '@lornu/rehearsal/run/apply.ts';
import { readAppliedNetwork } from '@lornu/rehearsal/run/applied-network.ts';
import { checkPlan } from '@lornu/rehearsal/run/check-plan.ts';
import { runScenarios } from '@lornu/rehearsal/scenarios/run-scenarios.ts';
import { serve } from '@lornu/rehearsal/serve/serve.ts';
import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { verifyServed } from '@lornu/rehearsal/whole/rehearse.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import type { Outcome } from '@lornu/ops/verify/check.ts';
import { destroy } from '@lornu/rehearsal/run/destroy.ts';
import { evaluateNetwork } from '@lornu/rehearsal/reachability/statements.ts';
import { readStage } from '@lornu/rehearsal/serve/read-dockerfile.ts';
import { DOMAIN_NAME, FAILOVER_DOMAIN_NAME } from '@lornu/rehearsal/terraform/variables.ts';
import { STACKS } from '@lornu/rehearsal/terraform/stacks.ts';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKS } from '../../infrastructure/checks/all.ts';
import { judge } from '../../infrastructure/checks/check.ts';
import { saveDocuments } from '../../infrastructure/plan/documents.ts';
import { readEnvironment } from '../../infrastructure/plan/environment.ts';
import { killWhileItServes } from './kill-while-it-serves.ts';
import { machineNetwork, untilGone } from './machine-network.ts';
import { processesWith, root, temporaryRehearsal } from './kit.ts';
import { changeInUse, resolve } from './network-in-use.ts';
import { askInside, environmentOf, receivedTurn } from './served.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const inVpc = (await whyNoNamespaces(process.env)) === undefined;

// One rehearsal for the whole file: what is applied is expensive, and the tests follow its life.
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;
let applied: ApplyResult;
const quiet = { line: () => {} };

beforeAll(async () => {
  rehearsal = await temporaryRehearsal();
  applied = await apply({ provider: 'auto', port: 0, variableArguments: [] }, rehearsal.context);
}, 900_000);
afterAll(async () => {
  await destroy(rehearsal.context);
  await rehearsal.remove();
}, 300_000);

const failing = async () =>
  evaluateNetwork(await readAppliedNetwork(applied.standing))
    .filter((statement) => !statement.holds)
    .map((statement) => statement.id);

async function container(): Promise<ContainerDefinition> {
  const arn = applied.stacks.find(({ name }) => name === 'staging')?.outputs['task_definition_arn'];
  const { taskDefinition } = await applied.standing.clients.ecs.describeTaskDefinition({
    taskDefinition: String(arn),
  });
  const [found] = taskDefinition?.containerDefinitions ?? [];
  if (!found) throw new Error('the task definition has no container');
  return found;
}

describe('what is applied', () => {
  test('is all of it, by a provider that says what it is', () => {
    const counts = Object.fromEntries(applied.stacks.map(({ name, resources }) => [name, resources.length]));
    expect(counts['bootstrap']).toBeGreaterThan(10);
    expect(counts['staging']).toBeGreaterThan(100);
    expect(applied.provider.version).toMatch(/^6\./);
    expect(applied.provider.title).toMatch(/built here from its Go module|from the Terraform registry/);
  });

  test('gives the container an environment that the service accepts and knows whole', async () => {
    const { environment = [], secrets = [] } = await container();
    const known = new Set<string>(describeConfig().map(({ name }) => name));
    const given = Object.fromEntries(environment.map(({ name = '', value = '' }) => [name, value]));
    const unknown = [...Object.keys(given), ...secrets.map(({ name = '' }) => name)].filter(
      (name) => !known.has(name),
    );
    expect(unknown).toEqual([]);

    const values: Record<string, string> = {
      GEMINI_API_KEY: 'a-key',
      OIDC_CLIENT_ID: 'client',
      OIDC_CLIENT_SECRET: 'client-secret',
      SESSION_KEY: Buffer.alloc(32, 7).toString('base64'),
      A2A_SIGNING_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      }),
    };
    const fromSecrets = Object.fromEntries(secrets.map(({ name = '' }) => [name, values[name] ?? 'a-value']));
    const config = parseConfig({ ...given, ...fromSecrets });
    expect(config).toMatchObject({
      environment: 'staging',
      sessions: { kind: 'firestore' },
      listen: { port: 8080 },
    });
  });

  test('is what every statement of tests/infrastructure says', async () => {
    // Kept for that suite, so that it needs no separate apply.
    const environment = readEnvironment(await saveDocuments(applied));
    expect(judge(CHECKS, environment)).toEqual([]);
  }, 300_000);

  test('has a picture', async () => {
    const picture = await readFile(applied.picturePath, 'utf8');
    expect(picture).toStartWith('<svg');
    expect(picture).toContain('lornu-staging-private-a');
  });
});

describe('the applied network', () => {
  test('fulfils every statement', async () => {
    expect(applied.statements.length).toBeGreaterThan(12);
    expect(await failing()).toEqual([]);
  });

  test("fails when somebody opens the tasks' group", async () => {
    const { ec2 } = applied.standing.clients;
    const { service } = await readAppliedNetwork(applied.standing);
    const opened = {
      GroupId: service.groupIds[0],
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    };
    await ec2.authorizeSecurityGroupIngress(opened);
    expect(await failing()).toEqual(['strangers-tasks', 'only-load-balancer']);
    await ec2.revokeSecurityGroupIngress(opened);
    expect(await failing()).toEqual([]);
  });
});

test('a command that serves and is killed leaves nothing that runs, and the next one starts from nothing', async () => {
  const before = inVpc ? await machineNetwork() : {};
  const { exitCode, namespaces } = await killWhileItServes(rehearsal.dataDir, applied.standing.clients.elb);
  expect(exitCode).not.toBe(0);
  // The emulator was there before and stays.
  const deadline = Date.now() + 30_000;
  const left = async (): Promise<string[]> => {
    const processes = await processesWith(join(rehearsal.dataDir, 'rehearsal'));
    return processes.filter((line) => !line.includes('server.py'));
  };
  while (Date.now() < deadline && (await left()).length > 0) await Bun.sleep(100);
  expect(await left()).toEqual([]);
  // Its links, rules and names were in namespaces that went with it.
  if (!inVpc) return;
  expect(namespaces.size).toBeGreaterThan(2);
  await untilGone(namespaces, 30_000);
  expect(await machineNetwork()).toEqual(before);
});

test('drift made by hand is found by the next plan, with its place', async () => {
  const { elb } = applied.standing.clients;
  const { LoadBalancers } = await elb.describeLoadBalancers({});
  const setIdle = async (seconds: number) =>
    elb.modifyLoadBalancerAttributes({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: String(seconds) }],
    });
  await setIdle(60);
  const staging = STACKS.filter(({ name }) => name === 'staging');
  expect(await checkPlan(applied.standing, quiet, staging)).toEqual([
    {
      stack: 'staging',
      address: 'aws_lb.staging',
      actions: ['update'],
      attributes: ['idle_timeout'],
      drift: true,
    },
  ]);
  await setIdle(120);
}, 180_000);

describe('what is served', () => {
  let served: ServedRehearsal;
  let serving: typeof rehearsal.context & { redact: (text: string) => string };
  beforeAll(async () => {
    serving = { ...rehearsal.context, redact: (text) => text };
    served = await serve(applied.standing, {}, serving);
  }, 300_000);
  afterAll(() => served.stop());

  const withOutcome = (results: readonly { id: string; outcome: Outcome }[], outcome: Outcome): string[] =>
    results.filter((result) => result.outcome === outcome).map(({ id }) => id);

  test('passes lornu verify, from outside and from inside', async () => {
    const { checks } = await verifyServed(applied.standing, served, 20, serving);
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    // Neither is a matter of this machine: the other agent, and a wait of two minutes.
    expect(withOutcome(checks, 'absent')).toEqual(['peer', 'idle-timeout']);
    const inside = checks.find(({ id }) => id === 'inside')?.seen;
    expect(inside).toContain('text came in pieces');
    // The elastic address of the NAT gateway, and nobody else's.
    const nat = (await readAppliedNetwork(applied.standing)).natGateways[0]?.publicAddress ?? 'none';
    if (inVpc) expect(inside).toContain(`Gemini was called from ${nat},`);
    expect(checks.find(({ id }) => id === 'turn')?.seen).toContain('not Gemini itself');
  }, 300_000);

  test('sends the trace of a turn, from the load balancer on, to Cloud Trace as the applied identity', async () => {
    const names = ['run', 'POST /run_sse', `generate_content ${MODEL}`, 'firestore transaction'];
    const { balancerId } = await receivedTurn(served, names);
    expect(balancerId).toMatch(/^(Self=.*;)?Root=1-[\da-f]{8}-[\da-f]{24}/);
  });

  test('has the environment that was applied, what ECS sets, and the closed list', async () => {
    const [task] = served.tasks();
    const environment = await environmentOf(task?.pid ?? 0);
    const { environment: given = [], secrets = [] } = await container();
    const ofImage = readStage(await readFile(join(root, 'Dockerfile'), 'utf8'), 'agent').env;
    const ofEcs = [
      inVpc ? 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' : 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'AWS_EXECUTION_ENV',
      'ECS_AGENT_URI',
      'ECS_CONTAINER_METADATA_URI_V4',
    ];
    const added: string[] = Object.keys(served.addedVariables);
    const expected = new Set([
      ...Object.keys(ofImage),
      ...given.map(({ name = '' }) => name),
      ...secrets.map(({ name = '' }) => name),
      ...ofEcs,
      ...added,
      'TMPDIR',
    ]);
    expect(Object.keys(environment).toSorted()).toEqual([...expected].toSorted());
    for (const { name = '', value } of given) {
      if (!added.includes(name)) expect([name, environment[name]]).toEqual([name, value]);
    }
    expect(environment['OIDC_CLIENT_ID']).toBe(served.applied.google.signInClient.id);
  });

  test('gives the task the credentials of its role, which Google knows', async () => {
    const [task] = served.tasks();
    const environment = await environmentOf(task?.pid ?? 0);
    const path = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
    const credentials = path
      ? await askInside(task?.pid ?? 0, `http://169.254.170.2${path}`)
      : await (await fetch(environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '')).text();
    expect(JSON.parse(credentials)).toMatchObject({
      RoleArn: expect.stringContaining(`:role/${served.applied.google.awsRoleName}`),
    });
  });

  const inVpcTest = test.skipIf(!inVpc);

  inVpcTest(
    'follows changes of the account without restarting what runs',
    async () => {
      const pids = served.tasks().map(({ pid }) => pid);
      const seen = await changeInUse(applied.standing, served);
      expect(seen).toHaveLength(4);
      expect(served.tasks().map(({ pid }) => pid)).toEqual(pids);
    },
    180_000,
  );

  inVpcTest(
    "gives the shared name AWS's addresses while Google Cloud does not answer",
    async () => {
      const own = await resolve(served, DOMAIN_NAME);
      expect(own).toHaveLength(2);
      const deadline = Date.now() + 60_000;
      const shared = async () => resolve(served, FAILOVER_DOMAIN_NAME);
      while (Date.now() < deadline && (await shared()).length !== 2) await Bun.sleep(200);
      expect((await shared()).toSorted()).toEqual(own.toSorted());
    },
    90_000,
  );

  test('gets over breaks: the model, the way to the internet (the suite breaks plays all)', async () => {
    const sample = BREAKS.filter(
      ({ id, isAlone }) => isAlone || id === (inVpc ? 'nat-gone' : 'secret-rotated'),
    );
    const results = await runBreaks({ standing: applied.standing, served, context: serving }, sample);
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(results).toHaveLength(4);
  }, 300_000);

  test('loses no stream in a deploy, takes no bad image, and gets over a killed task', async () => {
    const results = await runScenarios({ standing: applied.standing, served, context: serving });
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(withOutcome(results, 'passed')).toEqual([
      'rolling-deploy',
      'bad-image',
      'failing-image',
      'killed-task',
    ]);
  }, 600_000);

  test('ends with a sentence when a part of it ends, and leaves nothing', async () => {
    // A part that ends on its own is named, with the next step.
    const [haproxy = ''] = await processesWith(join(rehearsal.context.folder, 'serve/haproxy'));
    process.kill(Number(haproxy.split(' ')[0]), 'SIGKILL');
    const error = await served.failed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).parts).toMatchObject({
      what: 'HAProxy was ended by SIGKILL.',
      next: 'Fix what it reports, then run ./lornu rehearse serve again.',
    });

    const pids = served.tasks().map(({ pid }) => pid ?? 0);
    await served.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
    expect(await fetch(served.url).catch(() => 'closed')).toBe('closed');
    expect(await stat(join(rehearsal.context.folder, 'serve')).catch(() => undefined)).toBeUndefined();
  });
});

test('a destroy leaves nothing: in the account, running, on disk', async () => {
  const { pid, instance } = applied.standing.emulator;
  expect(await processesWith(instance)).not.toEqual([]);
  const result = await destroy(rehearsal.context);
  expect(result.resources).toBe(applied.stacks.reduce((sum, { resources }) => sum + resources.length, 0));
  // What AWS shows for a while after a destroy too, and nothing else.
  const kinds = new Set(result.keptByAws.map((line) => line.split(' ').slice(0, 2).join(' ')));
  expect([...kinds].toSorted()).toEqual([
    'cloudwatch metric_data',
    'ec2 nat_gateways',
    'ec2 vpc_end_points',
    'ecs clusters',
    'ecs services',
    'ecs task_definitions',
    'kms keys',
  ]);
  expect(await processesWith(instance)).toEqual([]);
  expect(() => process.kill(pid, 0)).toThrow();
  expect(await stat(rehearsal.context.folder).catch(() => undefined)).toBeUndefined();
  expect((await destroy(rehearsal.context)).stood).toBe(false);

  // Nothing is granted without a need or a reason, and no statement stands behind another that allows the same.
  const { permissions } = result;
  const idle = permissions.flatMap(({ role, sid, unused }) =>
    unused.filter(({ reason }) => !reason).map(({ action }) => `${role} ${sid}: ${action}`),
  );
  expect(idle).toEqual([]);
  const doubled = permissions.filter(({ used, isNeeded }) => used.length > 0 && !isNeeded);
  expect(doubled.map(({ role, sid }) => `${role} ${sid}`)).toEqual([]);
}, 300_000);
