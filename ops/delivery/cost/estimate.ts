import { z } from 'zod';
import { RESOURCE_TYPES } from '../../aws-resources/resource-types.ts';
import type { Price } from '../../aws-resources/resource-type.ts';

/** Hours that AWS bills per month: https://aws.amazon.com/ec2/pricing/ */
const HOURS_A_MONTH = 730;

/** One line of an estimate, in USD per month. */
export interface CostLine {
  item: string;
  /** The calculation, in figures. */
  how: string;
  usd: number;
}

export interface Estimate {
  lines: CostLine[];
  usd: number;
  /** Resource types without a price, with their count. */
  unpriced: string[];
}

const RESOURCE = z.looseObject({ type: z.string(), values: z.record(z.string(), z.unknown()) });
type Resource = z.infer<typeof RESOURCE>;
interface Module {
  resources?: unknown[];
  child_modules?: Module[];
}

/** Costs that depend on use, so no plan contains them; printed with every estimate. */
export const LEFT_OUT: readonly string[] = [
  'traffic: NAT and load balancer by the gigabyte, capacity units, data to the internet beyond 100 GB',
  'use: logs (0.50 a GB), reads of secrets, firewall requests, own metrics, storage, Container Insights',
  'tasks beyond the fewest: autoscaling, and the second set while a deploy is under way',
  'Gemini, Firestore and Cloud Storage, which Google bills',
];

/** Prices the resources of one side of a plan: `planned_values` or `prior_state.values` of `terraform show -json`. */
export function estimate(values: unknown): Estimate {
  const resources = collect((values as { root_module?: Module } | undefined)?.root_module);
  const all = (type: string) => resources.filter((one) => one.type === type).map((one) => one.values);
  const prices = resources.flatMap((one) => RESOURCE_TYPES[one.type]?.prices?.(one.values, all) ?? []);
  const lines = [...Map.groupBy(prices, ({ item }) => item).values()]
    .map(toLine)
    .filter(({ usd }) => usd > 0);
  const unknown = resources.filter(({ type }) => type.startsWith('aws_') && !RESOURCE_TYPES[type]);
  return {
    lines,
    usd: round(lines.reduce((sum, { usd }) => sum + usd, 0)),
    unpriced: [...Map.groupBy(unknown, ({ type }) => type)].map(([type, ones]) => `${ones.length} ${type}`),
  };
}

function collect(module: Module | undefined): Resource[] {
  if (!module) return [];
  const own = z
    .array(RESOURCE)
    .parse((module.resources ?? []).filter((one) => (one as { mode?: string }).mode !== 'data'));
  return [...own, ...(module.child_modules ?? []).flatMap(collect)];
}

/** Combines everything with the same price into one line. */
function toLine(prices: readonly Price[]): CostLine {
  const { item = '', usd = 0, per, free = 0 } = prices[0] ?? {};
  const count = Math.max(0, prices.reduce((sum, price) => sum + price.count, 0) - free);
  const hours = per === 'hour' ? ` x ${HOURS_A_MONTH} h` : '';
  return {
    item: `${count} x ${item}`,
    how: `${count}${hours} x ${Number(usd.toFixed(6))}`,
    usd: round(count * usd * (per === 'hour' ? HOURS_A_MONTH : 1)),
  };
}

function round(usd: number): number {
  return Math.round(usd * 100) / 100;
}
