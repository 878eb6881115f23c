import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { describeEnd, tryCommand } from '@lornu/ops/process/run-command.ts';
import { errorsOutsideTests } from './errors-outside-tests.ts';
import { countJunit, failedTests, type Counts } from './junit.ts';
import type { Suite, SuiteResult } from './suite.ts';

/** How many lines of a suite's output explain that it failed as a whole. */
const LAST_LINES = 4;

/**
 * Time limit of a test that sets none. The runner's own 5 s are too short for a slow or busy machine, where nothing is
 * wrong with a test that takes longer.
 */
const TEST_WITHIN_MS = 60_000;

export interface SuiteRunContext {
  root: string;
  cacheDir: string;
  env: Readonly<Record<string, string | undefined>>;
  redact: (text: string) => string;
  signal: AbortSignal;
}

/**
 * Runs one suite and counts its tests; all output goes to a log file and to `onLine`. Lines that begin with `figure: `
 * are measurements and become part of its result. Its temporary files are deleted afterwards.
 */
export async function runSuite(
  suite: Suite,
  context: SuiteRunContext,
  onLine: (line: string) => void,
): Promise<SuiteResult> {
  const folder = join(context.cacheDir, 'test');
  await mkdir(folder, { recursive: true });
  const logPath = join(folder, `${suite.name}.log`);
  const junitPath = join(folder, `${suite.name}.xml`);
  await rm(junitPath, { force: true });

  const figures: string[] = [];
  const log = createWriteStream(logPath);
  // bun's test runner calls no exit handlers, and a suite may be killed: no test can be trusted to delete its folders.
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-'));
  const beganMs = performance.now();
  const coverageDir = join(folder, 'coverage', suite.name);
  if (!suite.only) await rm(coverageDir, { recursive: true, force: true });
  const result = await tryCommand(commandOf(suite, junitPath, coverageDir), {
    cwd: join(context.root, suite.folder ?? '.'),
    env: { ...context.env, ...suite.env, TMPDIR: scratchDir },
    timeoutMs: suite.budgetMs,
    signal: context.signal,
    onLine: (line) => {
      const clean = context.redact(line);
      log.write(`${clean}\n`);
      const figure = /^figure: (.+)$/.exec(clean)?.[1];
      if (figure) figures.push(figure);
      onLine(clean);
    },
  }).catch(cliErrorOrThrow);
  await rm(scratchDir, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
    onLine(`The temporary files of ${suite.name} stay: ${String(error)}`),
  );
  await new Promise<void>((resolve) => void log.end(resolve));
  if (result instanceof CliError) {
    const elapsedMs = performance.now() - beganMs;
    return {
      name: suite.name,
      passed: 0,
      failed: 1,
      skipped: 0,
      elapsedMs,
      reason: `${result.message} ${result.parts.why}`,
    };
  }

  const endedWell = result.exitCode === 0;
  const lastLines = result.tail.slice(-LAST_LINES).map((line) => context.redact(line).trim());
  const end = `${describeEnd(result, { timeoutMs: suite.budgetMs })}: ${lastLines.join(' / ')}`;
  const base = {
    name: suite.name,
    elapsedMs: result.elapsedMs,
    cpuMs: result.cpuMs,
    logPath,
    ...(figures.length > 0 ? { figures } : {}),
  };
  if (suite.kind === 'check') {
    return endedWell
      ? { ...base, passed: 1, failed: 0, skipped: 0 }
      : {
          ...base,
          passed: 0,
          failed: 1,
          skipped: 0,
          reason: end,
        };
  }
  const junit = Bun.file(junitPath);
  const xml = (await junit.exists()) ? await junit.text() : '';
  const outside = suite.kind === 'bun' ? errorsOutsideTests(await Bun.file(logPath).text()) : [];
  const failures = [...failedTests(xml), ...outside];
  const counts = countJunit(xml);
  return {
    ...base,
    ...judge({ ...counts, failed: counts.failed + outside.length }, endedWell, end),
    ...(failures.length > 0 ? { failures } : {}),
  };
}

function cliErrorOrThrow(error: unknown): CliError {
  if (error instanceof CliError) return error;
  throw error;
}

/** A runner that failed without a failing test, or that ran nothing, counts as one failure. */
export function judge(counts: Counts, endedWell: boolean, end: string): Counts & { reason?: string } {
  if (!endedWell && counts.failed === 0) return { ...counts, failed: 1, reason: `the runner ${end}` };
  if (endedWell && counts.passed + counts.failed === 0)
    return { ...counts, failed: 1, reason: 'no test ran' };
  return counts;
}

function commandOf(suite: Suite, junitPath: string, coverageDir: string): string[] {
  switch (suite.kind) {
    case 'check':
      return [...suite.run];
    case 'bun':
      return [
        process.execPath,
        'test',
        // Options stay: only paths are replaced. "./" makes it a path; bun takes other words for filters.
        ...(suite.only
          ? [
              ...suite.only.map((path) => `./${posix.join(path)}`),
              ...suite.run.filter((part) => !part.startsWith('./')),
            ]
          : suite.run),
        '--reporter=junit',
        `--reporter-outfile=${junitPath}`,
        `--timeout=${TEST_WITHIN_MS}`,
        // A part of a suite says nothing about what the whole covers.
        ...(suite.coversOps && !suite.only
          ? ['--coverage', '--coverage-reporter=lcov', `--coverage-dir=${coverageDir}`]
          : []),
      ];
    case 'pytest':
      return ['uv', 'run', '--frozen', 'pytest', '-q', ...suite.run, `--junitxml=${junitPath}`];
  }
}
