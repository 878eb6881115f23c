import { writeFile } from 'node:fs/promises';
import { CliError } from '../../base/cli-error.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { planCost } from '../cost/plan-cost.ts';
import { digestOf, PLAN_RECORD, readRecord, SCAN_RECORD, type Manifest } from '../manifest.ts';
import { renderSummary } from './render-summary.ts';

export interface Sealed {
  /** "sha256:..." of the manifest, which an approval names. */
  approval: string;
  summary: string;
  manifest: Manifest;
}

/** Combines plan, scan and cost into one manifest, whose digest is approved, and writes the reviewer's summary. */
export async function sealPlan(context: DeliveryContext): Promise<Sealed> {
  const record = await readRecord(context, 'record', PLAN_RECORD, './lornu plan');
  const scan = await readRecord(context, 'scan', SCAN_RECORD, './lornu plan scan');
  if (scan.planSha256 !== record.plan.sha256) {
    throw new CliError({
      what: 'Plan and scan do not belong together.',
      why: 'The scan looked at another plan file.',
      next: './lornu plan scan',
    });
  }
  const cost = await planCost(context);
  const manifest: Manifest = {
    format: 1,
    record,
    scan,
    cost: { pricesOf: cost.pricesOf, region: cost.region, before: cost.before.usd, after: cost.after.usd },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest, null, 2));
  const approval = digestOf(bytes);
  const summary = renderSummary(manifest, cost, approval);
  await writeFile(fileOf(context, 'manifest'), bytes);
  await writeFile(fileOf(context, 'summary'), summary);
  return { approval, summary, manifest };
}
