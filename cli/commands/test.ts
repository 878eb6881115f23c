import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { prepare } from '../checks/prepare.ts';
import { runSideBySide } from '../checks/schedule.ts';
import { runSuite } from '../checks/run-suite.ts';
import { SUITES } from '../checks/suites.ts';
import type { Suite, SuiteResult } from '../checks/suite.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { formatElapsed } from '@lornu/ops/steps/step-events.ts';
import { runStep } from '@lornu/ops/steps/run-steps.ts';

const HELP = `
Examples:
  ./lornu test                    everything but what --all adds
  ./lornu test lint unit          only these suites (--list shows their names)
  ./lornu test ops/steps/run-steps.test.ts  only this file, or all in a folder, with what its suite needs
  ./lornu test --all              soak, fuzz and other long suites too
  ./lornu test --json             the result for a program

Suites run side by side where the machine has room for them.
What the suites need is fetched or installed first: into .cache/, or by apt where you are root.
The last line is "N passed, N failed"; the exit code is 1 when something failed.
`;

interface Flags {
  all?: boolean;
  list?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument('[suites...]', 'names of suites, or paths of test files')
    .option('--all', 'also run the long suites')
    .option('--list', 'list the suites and run none')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: Flags) => {
      const chosen = chooseSuites(SUITES, names, flags.all ?? false);
      if (flags.list) return list(chosen, flags, context);
      finish(await runAll(chosen, flags, context));
    });
}

/**
 * The suites selected on the command line, in the table's order. A path selects that part of the suite that runs it.
 * An unknown name is a usage error.
 */
export function chooseSuites(
  suites: readonly Suite[],
  names: readonly string[],
  all: boolean,
  platform: NodeJS.Platform = process.platform,
): Suite[] {
  const suiteOf = (name: string): Suite | undefined =>
    suites.find((suite) => suite.name === name) ?? suites.find((suite) => runsPath(suite, name));
  const unknown = names.filter((name) => !suiteOf(name));
  if (unknown.length > 0) {
    throw new CliError({
      what: `There is no suite ${unknown.map((name) => `"${name}"`).join(', ')}.`,
      why: `The suites are: ${suites.map((suite) => suite.name).join(', ')}. None of them runs files at such a path.`,
      next: './lornu test --all --list',
      exitCode: EXIT.usage,
    });
  }
  if (names.length > 0) {
    const chosen = new Set(names.map(suiteOf));
    return suites
      .filter((suite) => chosen.has(suite))
      .map((suite) =>
        names.includes(suite.name)
          ? suite
          : { ...suite, only: names.filter((name) => suiteOf(name) === suite) },
      );
  }
  return suites
    .filter((suite) => all || !suite.onlyInAll)
    .filter(({ onlyOn = platform }) => onlyOn === platform);
}

/** Whether a suite of bun runs this file or folder, given from the root of the checkout. */
function runsPath({ kind, run }: Suite, path: string): boolean {
  const asked = posix.join('./', path);
  return (
    kind === 'bun' && run.some((part) => part.startsWith('./') && `${asked}/`.startsWith(`${part.slice(2)}/`))
  );
}

function list(suites: readonly Suite[], flags: Flags, context: CliContext): void {
  if (flags.json) {
    const rows = suites.map(({ name, title, kind, needs = [], budgetMs }) => ({
      name,
      title,
      kind,
      needs,
      budgetMs,
    }));
    context.stdout(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const width = Math.max(...suites.map((suite) => suite.name.length));
  for (const suite of suites) context.stdout(`${suite.name.padEnd(width)}  ${suite.title}\n`);
}

async function runAll(suites: readonly Suite[], flags: Flags, context: CliContext): Promise<ExitCode> {
  const beganMs = Date.now();
  const reporter = createReporter(context);
  const results: SuiteResult[] = [];
  const names = suites.map(({ name }) => name);
  try {
    const { env, unmet } = await prepare(suites, context, reporter.emit);
    reporter.emit({
      kind: 'plan',
      steps: suites.map(({ name, title }) => ({ id: name, title: `${name}: ${title}` })),
    });
    await runSideBySide(suites, availableParallelism(), async (suite) => {
      if (context.signal.aborted) return;
      const title = `${suite.name}: ${suite.title}`;
      const step = {
        id: suite.name,
        title,
        run: async ({ line }: { line: (text: string) => void }): Promise<string> => {
          const lacking = (suite.needs ?? []).flatMap((need) => unmet.get(need) ?? []);
          const result =
            lacking.length > 0
              ? notRun(suite, lacking.join(' '))
              : await runSuite(suite, { ...context, env }, line);
          results.push(result);
          if (result.failed > 0) throw new SuiteFailed(result);
          return describe(result, suite);
        },
      };
      await runStep(step, reporter.emit).catch((error: unknown) => {
        if (!(error instanceof SuiteFailed)) throw error;
      });
    });
  } finally {
    reporter.close();
  }
  context.signal.throwIfAborted();
  results.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  return conclude(suites, results, Date.now() - beganMs, flags, context);
}

/** A suite that could not run counts as one failure: nothing is known about it. */
function notRun(suite: Suite, reason: string): SuiteResult {
  return { name: suite.name, passed: 0, failed: 1, skipped: 0, elapsedMs: 0, reason };
}

class SuiteFailed extends Error {
  constructor(result: SuiteResult) {
    super(
      (result.reason ?? `${result.failed} failed, ${result.passed} passed`) +
        (result.logPath ? `; all of it in ${result.logPath}` : ''),
    );
  }
}

function describe(result: SuiteResult, suite: Suite): string {
  if (suite.kind === 'check') return '';
  return `${result.passed} passed${result.skipped > 0 ? `, ${result.skipped} skipped` : ''}`;
}

function conclude(
  suites: readonly Suite[],
  results: readonly SuiteResult[],
  elapsedMs: number,
  flags: Flags,
  context: CliContext,
): ExitCode {
  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    results.reduce((total, row) => total + row[key], 0);
  const failed = sum('failed');
  const failing = results.filter((row) => row.failed > 0).map((row) => row.name);
  const again = suites.filter(({ name }) => failing.includes(name)).flatMap(({ name, only }) => only ?? name);
  context.stderr('\n');
  for (const { name, figures = [] } of results) {
    for (const figure of figures) context.stderr(`${name}: ${figure}\n`);
  }
  if (sum('skipped') > 0) context.stderr(`${sum('skipped')} skipped\n`);
  for (const { name, failures = [], reason } of results) {
    if (reason) context.stderr(`${name}: ${reason}\n`);
    for (const { test, message } of failures) context.stderr(`${name}: ${test}: ${message}\n`);
  }
  if (failing.length > 0)
    context.stderr(`Failing: ${failing.join(', ')}. Again: ./lornu test ${again.join(' ')}\n`);
  context.stderr(`Took ${formatElapsed(elapsedMs)}\n`);
  if (flags.json) {
    const body = { passed: sum('passed'), failed, skipped: sum('skipped'), elapsedMs, suites: results };
    context.stdout(`${JSON.stringify(body, null, 2)}\n`);
  } else {
    context.stdout(`${sum('passed')} passed, ${failed} failed\n`);
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}
