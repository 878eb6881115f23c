import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import type { Emit } from '../steps/step-events.ts';

/** What the delivery commands need. */
export interface DeliveryContext extends Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal' | 'redact'> {
  /** The folder that carries a plan and its files from one command to the next. */
  folder: string;
  emit: Emit;
}

/** The delivered stack, relative to the checkout's root. */
export const STACK = 'terraform/aws/staging';
export const DELIVERY_FOLDER = '.lornu/delivery';

/** File names within the delivery folder. */
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
