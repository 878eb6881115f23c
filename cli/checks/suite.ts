import type { ToolName } from '@lornu/ops/setup/tools.ts';

/** How a suite's result is counted. */
export type SuiteKind =
  /** One check: exit code 0 passes. */
  | 'check'
  /** `bun test` with these paths, counted from its JUnit file. */
  | 'bun'
  /** `uv run … pytest` in the folder, counted from its JUnit file. */
  | 'pytest';

export interface Suite {
  /** What a person types after `lornu test`. */
  name: string;
  /** A sentence that says what holds when it passes. */
  title: string;
  kind: SuiteKind;
  /** check: the command, found in node_modules/.bin or among the tools. bun: paths. pytest: its arguments. */
  run: readonly string[];
  /** Where it runs, from the root of the checkout. */
  folder?: string;
  /** Set for its processes, beside what all suites get. */
  env?: Readonly<Record<string, string>>;
  /** Tools that must be there first. */
  needs?: readonly ToolName[];
  /** It applies terraform/: Terraform, the AWS provider and the emulator are got ready first. */
  rehearses?: boolean;
  /** It serves the chat page of the checkout, which is built first: two that build it at once would get in each other's way. */
  page?: boolean;
  /** bun only: it runs code of ops/ in its own process; which lines is kept for the suite ops-coverage. */
  coversOps?: boolean;
  /** Longest time it may take, warm and beside others; it is ended then and counts as failed. */
  budgetMs: number;
  /**
   * Cores that it keeps busy on average (its cpuMs by its elapsedMs, as --json tells them): suites run side by side
   * while their sum fits into the machine. Left out where it must be alone.
   */
  cores?: number;
  /** Suites whose results it reads: it begins once those of them that run have ended. */
  after?: readonly string[];
  /** It runs on this operating system only. */
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
  /** Of all its processes; absent when it was not run. */
  cpuMs?: number;
  /** Why a suite failed as a whole: it crashed, ran out of time, or ran nothing. */
  reason?: string;
  /** What the suite measured, in its own words. */
  figures?: string[];
  /** All its output; absent when it was not run. */
  logPath?: string;
}

/** What a row may say beside its name, its title and what it runs; each is explained at Suite. */
interface Options extends Pick<
  Suite,
  'cores' | 'folder' | 'env' | 'rehearses' | 'page' | 'coversOps' | 'after' | 'onlyOn'
> {
  /** Longest time it may take. */
  minutes: number;
  /** Names of tools, with spaces between. */
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

/** One command: exit code 0 passes. */
export function check(name: string, title: string, command: string, options: Options): Suite {
  return suite(name, title, 'check', command, options);
}

/** `bun test` with these paths. */
export function tests(name: string, title: string, paths: string, options: Options): Suite {
  return suite(name, title, 'bun', paths, options);
}

/** pytest in a folder with a locked Python project. */
export function pytest(name: string, title: string, folder: string, options: Options): Suite {
  return suite(name, title, 'pytest', '', { ...options, folder });
}
