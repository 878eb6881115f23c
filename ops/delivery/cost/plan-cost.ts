import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { PRICED_REGION, PRICES_OF } from '../../aws-resources/resource-types.ts';
import { CliError } from '../../base/cli-error.ts';
import { fileOf, type DeliveryContext } from '../delivery-context.ts';
import { readVariables } from '../plan/variables.ts';
import { estimate, type Estimate } from './estimate.ts';

export interface PlanCost {
  pricesOf: string;
  /** The region of the price list, and the planned region; other regions have other prices. */
  pricedRegion: string;
  region: string;
  before: Estimate;
  after: Estimate;
}

const SIDES = z.looseObject({
  prior_state: z.looseObject({ values: z.unknown() }).optional(),
  planned_values: z.unknown(),
});

/**
 * What the environment costs per month before and after the plan of the delivery folder, without the costs that depend
 * on use.
 */
export async function planCost(context: DeliveryContext): Promise<PlanCost> {
  const text = await readFile(fileOf(context, 'planJson'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new CliError({
      what: 'There is no plan to price.',
      why: `${fileOf(context, 'planJson')} is missing.`,
      next: './lornu plan',
    });
  }
  const { prior_state: prior, planned_values: planned } = SIDES.parse(JSON.parse(text));
  const region = readVariables(context.env)['region'];
  return {
    pricesOf: PRICES_OF,
    pricedRegion: PRICED_REGION,
    region: typeof region === 'string' ? region : PRICED_REGION,
    before: estimate(prior?.values),
    after: estimate(planned),
  };
}

/** "114.00 USD a month (+33.00)". */
export function describeCost({ before, after }: { before: number; after: number }): string {
  const change = after - before;
  const sign = change < 0 ? '-' : '+';
  return `${after.toFixed(2)} USD a month${change === 0 ? ', as before' : ` (${sign}${Math.abs(change).toFixed(2)})`}`;
}
