import type { ToolName } from '@lornu/ops/setup/tools.ts';
import type { FailedTest } from './junit.ts';

/** How a suite's result is counted. */
export type SuiteKind =
  /** One command that passes with exit code 0. */
  | 'check'
  /** `bun test` with these paths, counted by its JUnit file. */
  | 'bun'
  /** `uv run … pytest` in the folder, counted by its JUnit file. */
  | 'pytest';

export interface Suite {
  /** Its name on the command line of `lornu test`. */
  name: string;
  /** A sentence that is true if it passes. */
  title: string;
  kind: SuiteKind;
  /** check: the command, from node_modules/.bin or the tools. bun: paths. pytest: its arguments. */
  run: readonly string[];
  /** bun only: the paths that were asked for, instead of all of `run`. */
  only?: readonly string[];
  /** Working folder, relative to the checkout's root. */
  folder?: string;
  /** Additional environment variables. */
  env?: Readonly<Record<string, string>>;
  /** Tools that must be installed first. */
  needs?: readonly ToolName[];
  /** It applies terraform/, so Terraform, the AWS provider and the emulator are prepared first. */
  rehearses?: boolean;
  /** It serves the checkout's chat page, which is built first: two suites must not build it at the same time. */
  page?: boolean;
  /**
   * bun only: it runs code of ops/ in its own process, and the executed lines are stored for the suite ops-coverage.
   */
  coversOps?: boolean;
  /** Time limit, warm and beside other suites; at the limit it is ended and counts as failed. */
  budgetMs: number;
  /**
   * Cores that it keeps busy on average (cpuMs divided by elapsedMs, as --json prints them): suites run in parallel
   * while their sum fits the machine. Left out if it must run alone.
   */
  cores?: number;
  /** Suites whose results it reads: it starts after those of them that run have ended. */
  after?: readonly string[];
  /** The only operating system on which it runs. */
  onlyOn?: NodeJS.Platform;
  /** Runs only with --all or when named. */
  onlyInAll?: boolean;
}

export interface SuiteResult {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  elapsedMs: number;
  /** CPU time of all its processes; absent if it was not run. */
  cpuMs?: number;
  /** Why a suite failed as a whole: it crashed, timed out, or ran nothing. */
  reason?: string;
  /** The tests that failed; empty if the suite failed as a whole. */
  failures?: FailedTest[];
  /** The suite's measurements, in its own words. */
  figures?: string[];
  /** Path of all its output; absent if it was not run. */
  logPath?: string;
}

/** Optional fields of a row; Suite explains each. */
interface Options extends Pick<
  Suite,
  'cores' | 'folder' | 'env' | 'rehearses' | 'page' | 'coversOps' | 'after' | 'onlyOn'
> {
  /** Time limit. */
  minutes: number;
  /** Names of tools, separated by spaces. */
  needs?: string;
}

function suite(
  name: string,
  title: string,
  kind: Suite['kind'],
  run: string,
  { minutes, needs, ...more }: Options,
): Suite {
  return {
    name,
    title,
    kind,
    run: run.split(' ').filter(Boolean),
    budgetMs: minutes * 60_000,
    ...(needs ? { needs: needs.split(' ') as ToolName[] } : {}),
    ...more,
  };
}

/** A suite of one command that passes with exit code 0. */
export function check(name: string, title: string, command: string, options: Options): Suite {
  return suite(name, title, 'check', command, options);
}

/** A suite of `bun test` with these paths. */
export function tests(name: string, title: string, paths: string, options: Options): Suite {
  return suite(name, title, 'bun', paths, options);
}

/** A pytest suite in a folder with a locked Python project. */
export function pytest(name: string, title: string, folder: string, options: Options): Suite {
  return suite(name, title, 'pytest', '', { ...options, folder });
}
