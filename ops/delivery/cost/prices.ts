/**
 * List prices of us-east-1 in USD, on demand, without tax, as docs/aws-compute-strategy.md gathered them in
 * November 2026 with their sources; AWS's own price list could not be asked. Other regions differ by up to a fifth.
 */
export const PRICES_OF = '2026-11';
export const PRICED_REGION = 'us-east-1';

/** What AWS bills a month of: https://aws.amazon.com/ec2/pricing/ */
export const HOURS_A_MONTH = 730;

export const PRICES = {
  fargate: {
    ARM64: { vcpuHour: 0.03238, gibHour: 0.00356 },
    X86_64: { vcpuHour: 0.04048, gibHour: 0.004445 },
  },
  natGatewayHour: 0.045,
  loadBalancerHour: 0.0225,
  publicAddressHour: 0.005,
  endpointHourPerZone: 0.01,
  webAcl: 5,
  webAclRule: 1,
  secret: 0.4,
  key: 1,
  alarm: 0.1,
  /** Beyond the three that are free. */
  dashboard: 3,
  freeDashboards: 3,
  /** Of an endpoint outside AWS, with HTTPS. */
  healthCheck: 1.75,
} as const;
