import { Option } from 'commander';
import { resolve } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { DELIVERY_FOLDER, type DeliveryContext } from './delivery-context.ts';
import { withLock } from '../process/with-lock.ts';
import { createReporter } from '../steps/reporter.ts';

/** What the commands that deliver staging share. */
export function dirOption(): Option {
  return new Option('--dir <folder>', 'where the plan and what belongs to it lies').default(DELIVERY_FOLDER);
}

export function varFileOption(): Option {
  return new Option('--var-file <file>', 'values of the stack, over LORNU_TERRAFORM_VARIABLES; repeatable')
    .default([])
    .argParser((value: string, before: string[]) => [...before, value]);
}

/** Runs the work with progress on stderr, while no other command works in that folder. */
export async function within<T>(
  dir: string,
  context: CliContext,
  work: (delivery: DeliveryContext) => Promise<T>,
): Promise<T> {
  const folder = resolve(context.root, dir);
  const reporter = createReporter(context);
  try {
    return await withLock(folder, async () => work({ ...context, folder, emit: reporter.emit }));
  } finally {
    reporter.close();
    if (context.signal.aborted) context.stderr('\nStopped.\n');
  }
}
