import { Command, CommanderError, Help, type Argument, type Option } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import {
  CliError,
  EXIT,
  renderCliError,
  type ExitCode,
  explainSystemError,
} from '@lornu/ops/base/cli-error.ts';
import { interruptionOf } from '@lornu/ops/base/interruption.ts';
import { COMMANDS, type CommandRow } from './command-table.ts';

const GUIDE = `
Examples:
  ./lornu up                 the agent and its page at http://127.0.0.1:8080
  ./lornu test               install what the tests need and run them
  ./lornu doctor             what is installed, what is missing, how it is configured

Results go to stdout, everything else to stderr. --json gives a result for programs; if a command fails before it has
  one: {"error": {"what", "why", "next"}, "exitCode"}.
Exit codes: 0 done, 1 a check failed (such as a test), 2 usage, 3 something is missing on this machine,
  70 a bug in lornu; 130 ended by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP (128 and the signal's number).
`;

/** Parses and runs one command line (without the program's name); never throws, never exits. */
export async function runCli(
  argv: readonly string[],
  given: CliContext,
  rows: readonly CommandRow[] = COMMANDS,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  let hasResult = false;
  const stdout = (text: string): void => {
    hasResult = true;
    given.stdout(text);
  };
  const context = { ...given, stdout };
  const program = new Command('lornu')
    .description("Lornu AI's agent: run it, test it, rehearse its AWS environment on this machine.")
    .usage('<command> [options]')
    .addHelpText('after', GUIDE)
    // Options belong to the command they follow: a command and its subcommands may share names.
    .enablePositionalOptions()
    .helpCommand(false)
    .showHelpAfterError('(--help lists commands and options)')
    .exitOverride()
    .configureHelp(HELP)
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr });

  const asked = argv.find((word) => !word.startsWith('-'));
  try {
    for (const row of rows) {
      const command = program.command(row.name).summary(row.summary).description(row.summary);
      if (row.name === asked) (await row.load()).define(command, context, (code) => (exitCode = code));
    }
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const failure = explain(error, context);
    if (argv.includes('--json') && failure.exitCode !== EXIT.ok && !hasResult)
      stdout(context.redact(`${JSON.stringify(failure)}\n`));
    return failure.exitCode;
  }
}

const PLAIN = new Help();
/** Without `default: []`: an empty list as a default tells a person nothing. */
const HELP = {
  optionDescription: (option: Option) => withoutEmptyList(PLAIN.optionDescription(option)),
  argumentDescription: (argument: Argument) => withoutEmptyList(PLAIN.argumentDescription(argument)),
};

function withoutEmptyList(text: string): string {
  return text.replace(' (default: [])', '').replace(', default: [])', ')');
}

/** A failed command, as --json shows it. */
interface Failure {
  error: { what: string; why?: string; next?: string };
  exitCode: ExitCode;
}

/** Prints for a person why the command has failed. */
function explain(error: unknown, context: CliContext): Failure {
  if (error instanceof CommanderError) {
    // Commander has printed it.
    const what = error.message.replace(/^error: /, '');
    return { error: { what }, exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  }
  const interruption = context.signal.aborted ? interruptionOf(context.signal) : undefined;
  // After Ctrl-C, a failure is what it caused; an error with this exit code says what a person must know all the same.
  const isWorthSaying = error instanceof CliError && error.exitCode === EXIT.interrupted;
  if (interruption && !isWorthSaying) {
    context.stderr(`\n${interruption.message}\n`);
    return { error: { what: interruption.message }, exitCode: interruption.exitCode };
  }
  const expected = error instanceof CliError ? error : explainSystemError(error);
  if (expected) {
    context.stderr(context.redact(renderCliError(expected)));
    const { what, why, next } = expected.parts;
    return { error: { what, why, next }, exitCode: interruption?.exitCode ?? expected.exitCode };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.stderr(context.redact(`\nlornu met a bug of its own.\n${stack}\n`));
  return { error: { what: 'lornu met a bug of its own.', why: String(error) }, exitCode: EXIT.bug };
}
