import { z } from 'zod';
import { HOURS_A_MONTH, PRICES } from './prices.ts';

/** One line of an estimate, USD a month. */
export interface CostLine {
  item: string;
  /** How it was computed, in figures. */
  how: string;
  usd: number;
}

export interface Estimate {
  lines: CostLine[];
  usd: number;
  /** Resource types that cost something and have no price here, with how many there are. */
  unpriced: string[];
}

const RESOURCE = z.looseObject({ type: z.string(), values: z.record(z.string(), z.unknown()) });
type Resource = z.infer<typeof RESOURCE>;
interface Module {
  resources?: unknown[];
  child_modules?: Module[];
}

/** Billed by use, or free: no line, and nothing to say beyond LEFT_OUT. */
const FREE =
  /^aws_(iam_|route_table|route$|subnet|vpc$|internet_gateway|default_|security_group|vpc_security_group|network_acl|flow_log|lb_listener|lb_target_group|lb_trust_store|acm_|appautoscaling_|cloudwatch_log_group|cloudwatch_event|cloudwatch_log_resource|ecs_cluster|ecs_task_definition|kms_alias|s3_bucket|s3_object|sns_|wafv2_web_acl_(association|logging)|budgets_|route53_record|ecr_|secretsmanager_secret_(version|policy)|main_route)/;

/** What no plan can tell, so no estimate holds it; printed with every one. */
export const LEFT_OUT: readonly string[] = [
  'traffic: NAT and load balancer by the gigabyte, capacity units, data to the internet beyond 100 GB',
  'use: logs (0.50 a GB), reads of secrets, firewall requests, own metrics, storage, Container Insights',
  'tasks beyond the fewest: autoscaling, and the second set while a deploy is under way',
  'Gemini, Firestore and Cloud Storage, which Google bills',
];

/** Prices the resources of one side of a plan: `planned_values` or `prior_state.values` of `terraform show -json`. */
export function estimate(values: unknown): Estimate {
  const resources = collect((values as { root_module?: Module } | undefined)?.root_module);
  const lines = PRICED.flatMap((price) => price(resources)).filter(({ usd }) => usd > 0);
  const unpriced = new Map<string, number>();
  for (const { type } of resources) {
    if (FREE.test(type) || KNOWN.has(type) || !type.startsWith('aws_')) continue;
    unpriced.set(type, (unpriced.get(type) ?? 0) + 1);
  }
  return {
    lines,
    usd: round(lines.reduce((sum, { usd }) => sum + usd, 0)),
    unpriced: [...unpriced].map(([type, count]) => `${count} ${type}`),
  };
}

function collect(module: Module | undefined): Resource[] {
  if (!module) return [];
  const own = z
    .array(RESOURCE)
    .parse((module.resources ?? []).filter((one) => (one as { mode?: string }).mode !== 'data'));
  return [...own, ...(module.child_modules ?? []).flatMap(collect)];
}

const KNOWN = new Set([
  'aws_ecs_service',
  'aws_nat_gateway',
  'aws_lb',
  'aws_eip',
  'aws_vpc_endpoint',
  'aws_wafv2_web_acl',
  'aws_secretsmanager_secret',
  'aws_kms_key',
  'aws_cloudwatch_metric_alarm',
  'aws_cloudwatch_dashboard',
  'aws_route53_health_check',
]);

type Pricing = (resources: readonly Resource[]) => CostLine[];

const PRICED: readonly Pricing[] = [
  tasks,
  hourly('aws_nat_gateway', 'NAT gateway', PRICES.natGatewayHour),
  hourly('aws_lb', 'load balancer', PRICES.loadBalancerHour),
  addresses,
  endpoints,
  firewall,
  each('aws_secretsmanager_secret', 'secret', PRICES.secret),
  each('aws_kms_key', 'key', PRICES.key),
  each('aws_cloudwatch_metric_alarm', 'alarm', PRICES.alarm),
  each('aws_cloudwatch_dashboard', 'dashboard', PRICES.dashboard, PRICES.freeDashboards),
  each('aws_route53_health_check', 'health check', PRICES.healthCheck),
];

function tasks(resources: readonly Resource[]): CostLine[] {
  const definition = of(resources, 'aws_ecs_task_definition')[0]?.values;
  const service = of(resources, 'aws_ecs_service')[0]?.values;
  if (!definition || !service) return [];
  const count = Number(service['desired_count'] ?? 0);
  const vcpu = Number(definition['cpu']) / 1024;
  const gib = Number(definition['memory']) / 1024;
  const [platform] = (definition['runtime_platform'] ?? []) as { cpu_architecture?: string }[];
  const architecture = platform?.cpu_architecture === 'ARM64' ? 'ARM64' : 'X86_64';
  const { vcpuHour, gibHour } = PRICES.fargate[architecture];
  const how = `${count} x ${HOURS_A_MONTH} h x (${vcpu} vCPU x ${vcpuHour} + ${gib} GiB x ${gibHour})`;
  return [
    line(`${count} tasks, ${architecture}`, how, count * HOURS_A_MONTH * (vcpu * vcpuHour + gib * gibHour)),
  ];
}

/** Of the NAT gateways, and one a zone for a load balancer on the internet. */
function addresses(resources: readonly Resource[]): CostLine[] {
  const zones = of(resources, 'aws_lb')
    .filter(({ values }) => values['internal'] !== true)
    .reduce((sum, { values }) => sum + length(values['subnets'], 2), 0);
  const count = of(resources, 'aws_eip').length + zones;
  return count === 0 ? [] : [perHour('public IPv4 address', count, PRICES.publicAddressHour)];
}

function endpoints(resources: readonly Resource[]): CostLine[] {
  const zones = of(resources, 'aws_vpc_endpoint')
    .filter(({ values }) => values['vpc_endpoint_type'] === 'Interface')
    .reduce((sum, { values }) => sum + length(values['subnet_ids'], 2), 0);
  return zones === 0 ? [] : [perHour('interface endpoint and zone', zones, PRICES.endpointHourPerZone)];
}

function firewall(resources: readonly Resource[]): CostLine[] {
  return of(resources, 'aws_wafv2_web_acl').map(({ values }) => {
    const rules = length(values['rule'], 0);
    const how = `${PRICES.webAcl} + ${rules} rules x ${PRICES.webAclRule}`;
    return line('firewall', how, PRICES.webAcl + rules * PRICES.webAclRule);
  });
}

function hourly(type: string, item: string, usdAnHour: number): Pricing {
  return (resources) => {
    const count = of(resources, type).length;
    return count === 0 ? [] : [perHour(item, count, usdAnHour)];
  };
}

function each(type: string, item: string, usd: number, free = 0): Pricing {
  return (resources) => {
    const count = Math.max(0, of(resources, type).length - free);
    return count === 0 ? [] : [line(`${count} x ${item}`, `${count} x ${usd}`, count * usd)];
  };
}

function perHour(item: string, count: number, usdAnHour: number): CostLine {
  const how = `${count} x ${HOURS_A_MONTH} h x ${usdAnHour}`;
  return line(`${count} x ${item}`, how, count * HOURS_A_MONTH * usdAnHour);
}

function of(resources: readonly Resource[], type: string): Resource[] {
  return resources.filter((resource) => resource.type === type);
}

/** Of a list that is known; before the first apply the ids in it are not. */
function length(value: unknown, unknown: number): number {
  return Array.isArray(value) ? value.length : unknown;
}

function line(item: string, how: string, usd: number): CostLine {
  return { item, how, usd: round(usd) };
}

function round(usd: number): number {
  return Math.round(usd * 100) / 100;
}
