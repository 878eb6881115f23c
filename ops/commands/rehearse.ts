import { InvalidArgumentError, Option, type Command } from 'commander';
import { join, resolve } from 'node:path';
import type { CliContext } from '../cli/cli-context.ts';
import { EXIT, type ExitCode } from '../cli/cli-error.ts';
import { apply, type ApplyResult } from '../rehearsal/run/apply.ts';
import { checkPlan, describeDifference } from '../rehearsal/run/check-plan.ts';
import { destroy } from '../rehearsal/run/destroy.ts';
import type { RehearsalContext } from '../rehearsal/run/rehearsal-context.ts';
import { requireStanding } from '../rehearsal/run/standing.ts';
import { toVariableArguments } from '../rehearsal/run/variable-arguments.ts';
import { withLock } from '../rehearsal/run/workspace.ts';
import { PROVIDER_CHOICES, type ProviderChoice } from '../rehearsal/terraform/choose-provider.ts';
import { createReporter } from '../steps/reporter.ts';
import { runStep } from '../steps/run-steps.ts';

const HELP = `
Examples:
  ./lornu rehearse apply                              the exact files of terraform/aws, by the real provider
  ./lornu rehearse apply --var agent_runtime=fastapi  with another value of a variable
  ./lornu rehearse plan                               what differs from what was applied, also by hand
  ./lornu rehearse destroy                            back to nothing

No cloud account is needed and none is reached: AWS is an emulator on loopback (moto with extensions, see
docs/rehearsal.md). apply leaves it running with the copies of the files in .lornu/rehearsal/; destroy ends it.
`;

const DATA_DIR = '.lornu';
const DATA_DIR_HELP = 'where the rehearsal keeps its files while it stands';

interface ApplyFlags {
  dataDir: string;
  var: string[];
  varFile: string[];
  provider: ProviderChoice;
  port: number;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command.addHelpText('after', HELP);
  command
    .command('apply')
    .description('apply terraform/aws to an emulated account, plan again, compute who reaches whom')
    .option('--var <name=value>', 'a value for a variable of terraform/aws/staging; repeatable', collect, [])
    .option('--var-file <file>', 'a file of such values; repeatable', collect, [])
    .addOption(
      new Option('--provider <which>', 'where the AWS provider comes from')
        .choices(PROVIDER_CHOICES)
        .default('auto'),
    )
    .option('--port <number>', "the emulator's port, 0 for a free one", wholePort, 0)
    .option('--data-dir <folder>', DATA_DIR_HELP, DATA_DIR)
    .option('--json', 'print the result as JSON')
    .action(async (flags: ApplyFlags) => {
      const { provider, port, json, dataDir } = flags;
      const variableArguments = toVariableArguments(flags);
      const result = await within(dataDir, context, (rehearsal) =>
        apply({ provider, port, variableArguments }, rehearsal),
      );
      context.stdout(json ? toJson(publicPart(result)) : renderApplied(result));
    });
  command
    .command('plan')
    .description('show what differs from what was applied; exit code 1 when something does')
    .option('--data-dir <folder>', DATA_DIR_HELP, DATA_DIR)
    .option('--json', 'print the result as JSON')
    .action(async ({ json, dataDir }: { json?: boolean; dataDir: string }) => {
      const differences = await within(dataDir, context, async (rehearsal) => {
        const standing = await requireStanding(rehearsal);
        const found: Awaited<ReturnType<typeof checkPlan>> = [];
        const step = {
          id: 'plan',
          title: 'Plan every stack',
          run: async (io: { line: (line: string) => void }) => {
            found.push(...(await checkPlan(standing, io)));
            return found.length === 0 ? 'nothing differs' : `${found.length} differ`;
          },
        };
        await runStep(step, rehearsal.emit);
        return found;
      });
      if (json) context.stdout(toJson({ differences }));
      else if (differences.length === 0) context.stdout('Nothing differs from what was applied.\n');
      else context.stdout(`${differences.map(describeDifference).join('\n')}\n`);
      finish(differences.length > 0 ? EXIT.failed : EXIT.ok);
    });
  command
    .command('destroy')
    .description('destroy what was applied, prove that nothing is left, stop the emulator')
    .option('--data-dir <folder>', DATA_DIR_HELP, DATA_DIR)
    .option('--json', 'print the result as JSON')
    .action(async ({ json, dataDir }: { json?: boolean; dataDir: string }) => {
      const result = await within(dataDir, context, destroy);
      if (json) context.stdout(toJson(result));
      else if (!result.stood) context.stdout('Nothing stood here.\n');
      else context.stdout(`Destroyed ${result.resources} resources; nothing is left, running or on disk.\n`);
    });
}

/** Runs the work alone in this checkout, with progress on stderr. */
async function within<T>(
  dataDir: string,
  context: CliContext,
  work: (rehearsal: RehearsalContext) => Promise<T>,
): Promise<T> {
  const folder = join(resolve(context.root, dataDir), 'rehearsal');
  const reporter = createReporter(context);
  try {
    return await withLock(folder, async () => work({ ...context, folder, emit: reporter.emit }));
  } finally {
    reporter.close();
    if (context.signal.aborted) context.stderr('\nStopped.\n');
  }
}

function publicPart(result: ApplyResult): object {
  const { emulatorUrl, provider, stacks, statements, picturePath } = result;
  return { emulatorUrl, provider, stacks, secondPlan: 'empty', statements, picturePath };
}

function renderApplied(result: ApplyResult): string {
  const stacks = result.stacks.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
  const statements = result.statements.map(({ sentence, seen, through }) => {
    const way = through.length > 0 ? ` (${through.join(' > ')})` : '';
    return `  ${sentence}\n      ${seen}${way}`;
  });
  return `
Applied to ${result.emulatorUrl}, an emulator of AWS
  provider   ${result.provider.version}: ${result.provider.title}
${stacks.join('\n')}
  the second plan is empty

Who reaches whom
${statements.join('\n')}

Picture: ${result.picturePath}
Next: ./lornu rehearse plan, ./lornu rehearse destroy
`;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function wholePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('It takes a whole number from 0 to 65535.');
  }
  return port;
}
