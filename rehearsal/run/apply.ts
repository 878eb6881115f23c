import type { SideDoor } from '../emulator/side-door.ts';
import { mkdir } from 'node:fs/promises';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { runSteps, type Step } from '@lornu/ops/steps/run-steps.ts';
import { ensureEmulatorPython } from '../emulator/ensure-python.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { tryNetwork } from '../network/try-network.ts';
import type { Network } from '../reachability/network.ts';
import { evaluateNetwork, type Statement } from '../reachability/statements.ts';
import { checkVariables } from '../terraform/check-variables.ts';
import { chooseProvider, type Provider, type ProviderChoice } from '../terraform/choose-provider.ts';
import { findTerraform } from '@lornu/ops/terraform/find-terraform.ts';
import { STACKS } from '../terraform/stacks.ts';
import { applyStack, type AppliedStack } from './apply-stack.ts';
import { checkPlan, describeDifference } from './check-plan.ts';
import { drawNetwork, readAppliedNetwork } from './applied-network.ts';
import { giveAccount } from './given-account.ts';
import { findStanding, toStanding, type Standing, type RehearsalContext } from './standing.ts';
import { tryRoles } from './try-roles.ts';
import { createWorkspace } from './workspace.ts';

export interface ApplyOptions {
  provider: ProviderChoice;
  /** The emulator's port; 0 takes a free one. */
  port: number;
  /** -var=... and -var-file=... for the staging stack. */
  variableArguments: string[];
  /** The emulator ends with this process, for whatever reason, instead of staying for the next command. */
  endsWithUs?: boolean;
}

export interface ApplyResult {
  emulatorUrl: string;
  provider: Provider & { version: string };
  stacks: AppliedStack[];
  statements: Statement[];
  picturePath: string;
  /** For later steps; not printed. */
  standing: Standing;
}

/**
 * Applies every stack to an emulated account, plans again and requires no difference, and computes who reaches whom. If
 * a step fails or the signal is aborted, everything that it started is removed; an existing rehearsal stays.
 */
export async function apply(options: ApplyOptions, context: RehearsalContext): Promise<ApplyResult> {
  const workspace = createWorkspace(context.folder);
  const before = await findStanding(context);
  if (!before) await workspace.remove();
  const made: { python?: string; standing?: Standing; network?: Network } = {};
  if (before) made.standing = before;
  const need = (): Standing => {
    if (!made.standing) throw new Error('the emulator has not been started');
    return made.standing;
  };
  const stacks: AppliedStack[] = [];
  let statements: Statement[] = [];
  let version = '';

  const tools: { terraform?: string; provider?: Provider } = {};
  const { variableArguments } = options;
  const values: Step = {
    id: 'variables',
    title: 'Check the given values',
    run: async (io) => {
      const terraform = tools.terraform ?? need().record.terraform;
      await checkVariables(context.root, variableArguments, { ...context, terraform }, io);
    },
  };
  const checks = variableArguments.length > 0 ? [values] : [];
  const start: Step[] = [
    {
      id: 'terraform',
      title: 'Find Terraform',
      run: async (io) => {
        const found = await findTerraform(context, io);
        tools.terraform = found.path;
        return `${found.version}, ${found.path}`;
      },
    },
    ...checks,
    {
      id: 'provider',
      title: 'Find the AWS provider (built here once where the registry is out of reach: 2 to 5 min)',
      run: async (io) => {
        tools.provider = await chooseProvider(options.provider, context, io);
        return tools.provider.title;
      },
    },
    {
      id: 'packages',
      title: "Find the emulator's Python packages",
      run: async () => {
        made.python = await ensureEmulatorPython(context, context.emit);
      },
    },
    {
      id: 'emulator',
      title: 'Start the AWS emulator',
      run: async () => {
        await mkdir(workspace.folder, { recursive: true });
        const emulator = await startEmulator({
          python: made.python ?? '',
          env: context.env,
          logPath: workspace.logPath,
          port: options.port,
          signal: context.signal,
        });
        const record = {
          emulator: { port: emulator.port, pid: emulator.pid, instance: emulator.instance },
          terraform: tools.terraform ?? '',
          provider: tools.provider as Provider,
          variableArguments,
        };
        made.standing = toStanding(workspace, record, emulator, context);
        return `moto with extensions at ${emulator.url}`;
      },
    },
  ];
  const goOn: Step[] = [
    ...checks,
    {
      id: 'python',
      title: "Find the emulator's Python packages",
      run: async () => {
        made.python = await ensureEmulatorPython(context, context.emit);
        return `the rehearsal at ${need().emulator.url} goes on`;
      },
    },
  ];
  const work: Step[] = [
    ...STACKS.map((stack): Step => ({
      id: stack.name,
      title: `Apply ${stack.title}, unchanged`,
      run: async (io) => {
        const standing = need();
        standing.record.variableArguments = variableArguments;
        const given = await giveAccount(standing.clients.route53, made.python ?? '', workspace.folder, {
          signal: context.signal,
        });
        const applied = await applyStack(stack, given, standing, context.root, io);
        version = applied.providerVersion;
        stacks.push(applied);
        return applied.summary;
      },
    })),
    {
      id: 'second-plan',
      title: 'Plan again: nothing may differ',
      run: async (io) => {
        const differences = await checkPlan(need(), io);
        if (differences.length === 0) return 'empty';
        throw new CliError({
          what: `The second plan is not empty: ${differences.length} differences.`,
          why: 'Terraform reads back other values than it applied, so each apply would change them again.',
          next: 'Set the value that the provider reads back, or make the emulator keep the attribute (rehearsal/aws/extensions).',
          output: differences.map(describeDifference),
        });
      },
    },
    {
      id: 'publishers',
      title: 'Try whether each alarm and budget may publish to its topic',
      run: async () => tryPublishers(need().emulator.sideDoor),
    },
    {
      id: 'roles',
      title: 'Try the calls that flow logs, ECS and the agent make with their roles',
      run: async () => {
        const outputs = stacks.find(({ name }) => name === 'staging')?.outputs ?? {};
        return tryRoles(need(), {
          cluster: String(outputs['cluster_name']),
          taskDefinition: String(outputs['task_definition_arn']),
        });
      },
    },
    {
      id: 'reachability',
      title: 'Compute who reaches whom',
      run: async () => {
        made.network = await readAppliedNetwork(need());
        statements = evaluateNetwork(made.network);
        await drawNetwork(made.network, statements, workspace.picturePath);
        const broken = statements.filter((statement) => !statement.holds);
        if (broken.length === 0) return `${statements.length} statements hold`;
        throw new CliError({
          what: `${broken.length} of ${statements.length} statements about the network do not hold.`,
          why: broken
            .map(({ sentence, expected, seen }) => `${sentence} Expected ${expected}, seen ${seen}.`)
            .join(' '),
          next: 'Fix routes, subnets or security groups in terraform/aws/staging.',
        });
      },
    },
    {
      id: 'packets',
      title: 'Try who reaches whom with packets, through network namespaces',
      run: async () => {
        const why = await whyNoNamespaces(context.env);
        if (why !== undefined) return `not tried: ${why}`;
        const { packets, arrived, differences } = await tryNetwork(made.network as Network);
        if (differences.length === 0) return `${packets} packets, ${arrived} arrived, as computed`;
        throw new CliError({
          what: `${differences.length} of ${packets} packets did not go as computed.`,
          why: "The network was computed from AWS's answers and built from namespaces, with different results.",
          next: 'One of rehearsal/reachability and rehearsal/network is wrong: compare them with the page of AWS that each names.',
          output: differences.slice(0, 20),
        });
      },
    },
  ];

  try {
    await runSteps([...(before ? goOn : start), ...work], context.emit);
    const standing = need();
    await workspace.write(standing.record);
    if (!options.endsWithUs) await standing.emulator.sideDoor.stay();
    return {
      emulatorUrl: standing.emulator.url,
      provider: { ...standing.record.provider, version },
      stacks,
      statements,
      picturePath: workspace.picturePath,
      standing,
    };
  } catch (error) {
    if (!before) {
      await made.standing?.emulator.stop();
      await workspace.remove();
    }
    throw error;
  }
}

/**
 * AWS accepts an alarm whose topic refuses its messages, and then nobody is notified. So each one is tried after an apply.
 * Returns a text with their number. Throws CliError with the refused ones.
 */
async function tryPublishers(sideDoor: Pick<SideDoor, 'publishers'>): Promise<string> {
  const publishers = await sideDoor.publishers();
  const unheard = publishers.filter(({ missing }) => missing !== undefined);
  if (unheard.length === 0) return `${publishers.length} reach their topic`;
  throw new CliError({
    what: `${unheard.length} of ${publishers.length} alarms and budgets would not be heard.`,
    why: "The policy of the topic, or of the key that it is encrypted with, doesn't let the service publish.",
    next: 'Allow it in terraform/aws/staging: alarms.tf has the policy of the topic, observability.tf that of its key.',
    output: unheard.map(({ what, missing }) => `${what}: ${missing}`),
  });
}
