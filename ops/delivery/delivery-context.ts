import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import type { Emit } from '../steps/step-events.ts';

/** What delivers staging works with. */
export interface DeliveryContext extends Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal' | 'redact'> {
  /** Where a plan and what belongs to it lies, from one command to the next. */
  folder: string;
  emit: Emit;
}

/** The stack that is delivered, from the root of the checkout. */
export const STACK = 'terraform/aws/staging';
export const DELIVERY_FOLDER = '.lornu/delivery';

/** Names within the delivery folder. */
export const FILES = {
  plan: 'staging.tfplan',
  planJson: 'staging.tfplan.json',
  variables: 'variables.tfvars.json',
  record: 'plan.json',
  scan: 'scan.json',
  manifest: 'manifest.json',
  summary: 'summary.md',
  applied: 'applied.json',
} as const;

export function fileOf(context: Pick<DeliveryContext, 'folder'>, name: keyof typeof FILES): string {
  return join(context.folder, FILES[name]);
}
