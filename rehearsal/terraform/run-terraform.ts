import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { describeEnd, runCommand, tryCommand } from '@lornu/ops/process/run-command.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { ADMINISTRATOR, credentialVariables, type Credentials } from '../emulator/credentials.ts';
import { explainFailure } from './explain-failure.ts';
import { parseEvent, type Diagnostic } from '@lornu/ops/terraform/terraform-events.ts';

const INIT_MS = 10 * 60_000;
const RUN_MS = 15 * 60_000;
/** Events shown to a person: operations, not each resource's place in the plan. */
const TOLD = /^(apply_(start|complete|errored)|change_summary|diagnostic)$/;

export interface TerraformContext {
  terraform: string;
  /** Terraform's CLI configuration; not needed where no provider is. */
  cliConfigPath?: string;
  emulatorUrl: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** Credentials of the provider's calls; default: an administrator's. */
  credentials?: Credentials;
}

export interface ResourceTime {
  address: string;
  action: string;
  seconds: number;
}

export interface TerraformResult {
  exitCode: number;
  resources: ResourceTime[];
}

/**
 * The environment of Terraform and the provider. It has nothing of a person's AWS configuration or TF_ variables. Every
 * plain HTTP call that is not to loopback goes to the emulator (S3 Control puts the account into the host name), and
 * every TLS call to a closed port, so that a forgotten endpoint fails at once instead of reaching AWS.
 */
export function terraformEnvironment(context: TerraformContext): Record<string, string | undefined> {
  const { env } = context;
  return {
    PATH: env['PATH'],
    HOME: env['HOME'],
    TMPDIR: env['TMPDIR'],
    LANG: env['LANG'],
    TF_CLI_CONFIG_FILE: context.cliConfigPath,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    ...credentialVariables(context.credentials ?? ADMINISTRATOR),
    HTTP_PROXY: context.emulatorUrl,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    // The provider runs for seconds and the machine has the memory: a third less CPU.
    GOGC: '400',
  };
}

/** `terraform init` in a staged folder; the only run that may use the network. */
export async function initStack(folder: string, context: TerraformContext, io: StepIo): Promise<void> {
  const { env } = context;
  const network = Object.fromEntries(
    Object.entries(env).filter(([name]) => /^(https?_proxy|no_proxy|SSL_CERT_(FILE|DIR))$/i.test(name)),
  );
  const result = await tryCommand([context.terraform, 'init', '-input=false', '-no-color'], {
    cwd: folder,
    env: { ...terraformEnvironment(context), HTTP_PROXY: undefined, HTTPS_PROXY: undefined, ...network },
    timeoutMs: INIT_MS,
    signal: context.signal,
    onLine: io.line,
  });
  if (result.exitCode === 0) return;
  context.signal.throwIfAborted();
  throw new CliError({
    what: 'terraform init failed.',
    why: `It ${describeEnd(result, { timeoutMs: INIT_MS })}.`,
    next: 'Check the network, or build the provider here: --provider built.',
    output: result.tail,
    exitCode: EXIT.machine,
  });
}

/** Runs `terraform <command> -json` in a staged folder; exit codes in `accepted` are results, others are explained and thrown. */
export async function runTerraform(
  command: readonly string[],
  folder: string,
  context: TerraformContext,
  io: StepIo,
  options: { what: string; accepted?: readonly number[] },
): Promise<TerraformResult> {
  const diagnostics: Diagnostic[] = [];
  const resources: ResourceTime[] = [];
  const result = await tryCommand([context.terraform, ...command, '-json', '-input=false'], {
    cwd: folder,
    env: terraformEnvironment(context),
    timeoutMs: RUN_MS,
    signal: context.signal,
    onLine: (line) => {
      const event = parseEvent(line);
      if (!event) return io.line(line);
      if (event.diagnostic) diagnostics.push(event.diagnostic);
      if (event.type === 'apply_complete' && event.hook?.resource && event.hook.action !== 'read') {
        resources.push({
          address: event.hook.resource.addr,
          action: event.hook.action ?? '',
          seconds: event.hook.elapsed_seconds ?? 0,
        });
      }
      // Some summaries only name the kind of resource.
      const detail = event.diagnostic?.detail?.replace(/\s+/g, ' ').trim();
      if (TOLD.test(event.type) && event.hook?.action !== 'read')
        io.line(detail ? `${event['@message']}: ${detail}` : event['@message']);
    },
  });
  context.signal.throwIfAborted();
  if (result.exitCode !== undefined && [0, ...(options.accepted ?? [])].includes(result.exitCode)) {
    return { exitCode: result.exitCode, resources };
  }
  throw explainFailure(
    options.what,
    diagnostics,
    result.tail.map((line) => parseEvent(line)?.['@message'] ?? line),
  );
}

/** The output of `terraform <command> -json` as one document: outputs, a plan, the state. */
export async function readTerraform(
  command: readonly string[],
  folder: string,
  context: TerraformContext,
): Promise<unknown> {
  const { stdout } = await runCommand([context.terraform, ...command], {
    cwd: folder,
    env: terraformEnvironment(context),
    timeoutMs: RUN_MS,
    signal: context.signal,
    what: `terraform ${command[0]} failed.`,
  });
  return JSON.parse(stdout) as unknown;
}
