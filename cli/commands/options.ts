import { Option } from 'commander';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { AgentServer } from '@lornu/evaluation/agent-client.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { DELIVERY_FOLDER, type DeliveryContext } from '@lornu/ops/delivery/delivery-context.ts';
import { withLock } from '@lornu/ops/process/with-lock.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import type { RehearsalContext } from '@lornu/rehearsal/run/standing.ts';
import { TASK_FORMS } from '@lornu/rehearsal/serve/images.ts';
import { collectEach, existingFile } from './values.ts';

export function dirOption(): Option {
  return new Option('--dir <folder>', 'where the plan and what belongs to it lies').default(DELIVERY_FOLDER);
}

export function varFileOption(): Option {
  return new Option('--var-file <file>', 'values of the stack, over LORNU_TERRAFORM_VARIABLES; repeatable')
    .default([])
    .argParser(collectEach(existingFile));
}

export function tasksOption(): Option {
  return new Option('--tasks <form>', 'how tasks run: as processes, or in containers of the built image')
    .choices(TASK_FORMS)
    .default('process');
}

/** The option for the folder of a rehearsal, as arguments of commander's `option`. */
export const DATA_DIR_OPTION: [flags: string, description: string, otherwise: string] = [
  '--data-dir <folder>',
  'where the rehearsal keeps its files while it stands',
  '.lornu',
];

/** Runs delivery work with progress on stderr, holding the delivery folder's lock. */
export async function inDelivery<T>(
  dir: string,
  context: CliContext,
  work: (delivery: DeliveryContext) => Promise<T>,
): Promise<T> {
  const folder = resolve(context.root, dir);
  return withProgress(folder, context, async (delivery) => withLock(folder, async () => work(delivery)));
}

/** Runs work on this checkout's rehearsal with progress on stderr, holding its lock. */
export async function inRehearsal<T>(
  dataDir: string,
  context: CliContext,
  work: (rehearsal: RehearsalContext) => Promise<T>,
): Promise<T> {
  return besideRehearsal(dataDir, context, async (rehearsal) =>
    withLock(rehearsal.folder, async () => work(rehearsal)),
  );
}

/** Like inRehearsal, but without the lock: another command may change what is being served. */
export async function besideRehearsal<T>(
  dataDir: string,
  context: CliContext,
  work: (rehearsal: RehearsalContext) => Promise<T>,
): Promise<T> {
  return withProgress(join(resolve(context.root, dataDir), 'rehearsal'), context, work);
}

async function withProgress<T>(
  folder: string,
  context: CliContext,
  work: (context: DeliveryContext & RehearsalContext) => Promise<T>,
): Promise<T> {
  const reporter = createReporter(context);
  try {
    return await work({ ...context, folder, emit: reporter.emit });
  } finally {
    reporter.close();
  }
}

/** The text of a file that an option names; a CliError if it cannot be read. */
export async function readGiven(path: string, option: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError({
      what: `${path} cannot be read.`,
      why: error.message,
      next: `Name an existing file with ${option}.`,
      exitCode: EXIT.usage,
    });
  });
}

/**
 * A server with its token, from a file or LORNU_VERIFY_TOKEN. Without an address it is one of this machine, and no
 * token is sent.
 */
export async function serverAt(
  url: string,
  tokenFile: string | undefined,
  { env, signal }: CliContext,
): Promise<AgentServer> {
  const token =
    tokenFile === undefined ? env['LORNU_VERIFY_TOKEN'] : await readGiven(tokenFile, '--token-file');
  return {
    url,
    headers: url !== '' && token ? { authorization: `Bearer ${token.trim()}` } : {},
    signal,
  };
}

/** A question for a yes; false if there is no terminal to ask, or if it ends (Ctrl-D). */
export async function askYes(question: string, context: CliContext): Promise<boolean> {
  if (!context.terminal || !process.stdin.isTTY) return false;
  // As a terminal of its own, readline would take Ctrl-C for itself.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const noAnswer = once(lines, 'close').then(() => '');
  try {
    const answer = await Promise.race([
      lines.question(`\n${question} [y/N] `, { signal: context.signal }),
      noAnswer,
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
