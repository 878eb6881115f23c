import { expect, test } from 'bun:test';
import { estimate } from './estimate.ts';

const values = (...resources: { type: string; values?: object; mode?: string }[]) => ({
  root_module: { resources: resources.map((one) => ({ mode: 'managed', values: {}, ...one })) },
});

/** The table of docs/aws-compute-strategy.md, as far as a plan contains it. */
test('the small environment costs what the table of the strategy says', () => {
  const { lines, usd, unpriced } = estimate(
    values(
      { type: 'aws_ecs_service', values: { desired_count: 2 } },
      {
        type: 'aws_ecs_task_definition',
        values: { cpu: '512', memory: '1024', runtime_platform: [{ cpu_architecture: 'ARM64' }] },
      },
      { type: 'aws_nat_gateway' },
      { type: 'aws_eip' },
      { type: 'aws_lb', values: { internal: false, subnets: ['a', 'b'] } },
      { type: 'aws_wafv2_web_acl', values: { rule: [1, 2, 3, 4] } },
      ...Array.from({ length: 5 }, () => ({ type: 'aws_secretsmanager_secret' })),
      { type: 'aws_kms_key' },
      { type: 'aws_kms_key' },
      ...Array.from({ length: 6 }, () => ({ type: 'aws_cloudwatch_metric_alarm' })),
      { type: 'aws_cloudwatch_dashboard' },
      { type: 'aws_subnet' },
      { type: 'aws_ecr_repository', mode: 'data' },
    ),
  );
  const priced = Object.fromEntries(lines.map(({ item, usd: amount }) => [item, amount]));
  expect(priced).toEqual({
    '2 x task, ARM64, 0.5 vCPU, 1 GiB': 28.84,
    '1 x NAT gateway': 32.85,
    '1 x load balancer': 16.43,
    '3 x public IPv4 address': 10.95,
    '1 x firewall': 5,
    '4 x firewall rule': 4,
    '5 x secret': 2,
    '2 x key': 2,
    '6 x alarm': 0.6,
  });
  expect(usd).toBe(102.67);
  expect(unpriced).toEqual([]);
});

test('an alarm on an expression is priced by its metrics, and one on other alarms by itself', () => {
  const query = (metric: object[]) => ({ id: 'm', metric });
  const half = { metric_query: [query([{ stat: 'Sum' }]), query([{ stat: 'Sum' }]), query([])] };
  const { lines } = estimate(
    values(
      { type: 'aws_cloudwatch_metric_alarm', values: half },
      { type: 'aws_cloudwatch_metric_alarm', values: { metric_query: [] } },
      { type: 'aws_cloudwatch_composite_alarm' },
    ),
  );
  expect(lines.map(({ item, usd }) => [item, usd])).toEqual([
    ['3 x alarm', 0.3],
    ['1 x composite alarm', 0.5],
  ]);
});

test('options add their price', () => {
  const endpoint = {
    type: 'aws_vpc_endpoint',
    values: { vpc_endpoint_type: 'Interface', subnet_ids: ['a', 'b'] },
  };
  expect(estimate(values(endpoint, endpoint, endpoint, endpoint)).usd).toBe(58.4);
  expect(estimate(values({ type: 'aws_vpc_endpoint', values: { vpc_endpoint_type: 'Gateway' } })).usd).toBe(
    0,
  );
  const x86 = { cpu: '512', memory: '1024', runtime_platform: [{ cpu_architecture: 'X86_64' }] };
  const service = { type: 'aws_ecs_service', values: { desired_count: 2 } };
  expect(estimate(values(service, { type: 'aws_ecs_task_definition', values: x86 })).usd).toBe(36.04);
});

test('a resource without a price is listed, not counted as free', () => {
  expect(estimate(values({ type: 'aws_rds_cluster' }, { type: 'aws_rds_cluster' })).unpriced).toEqual([
    '2 aws_rds_cluster',
  ]);
});

test('an empty plan costs nothing', () => {
  expect(estimate(undefined)).toEqual({ lines: [], usd: 0, unpriced: [] });
});
