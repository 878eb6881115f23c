export type Params = Record<string, unknown>;

/** For each rule of rehearsal/aws, a request that it refuses, and its sentence. */
export type RuleCases<Given = unknown> = Readonly<
  Record<string, readonly [call: string, params: Params | ((given: Given) => Params), sentence: RegExp]>
>;

export const ANYBODY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

const CONTAINER = { name: 'agent', image: 'image:1' };
export const fargate = (more: Params = {}, container: Params = {}): Params => ({
  family: 'agent',
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ ...CONTAINER, ...container }],
  ...more,
});
export const webAcl = (priorities: readonly number[]): Params => {
  const VisibilityConfig = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' };
  const rule = (Priority: number, index: number): Params => ({
    Name: `r${index}`,
    Priority,
    Statement: { GeoMatchStatement: { CountryCodes: ['DE'] } },
    Action: { Block: {} },
    VisibilityConfig,
  });
  return {
    Name: 'acl',
    Scope: 'REGIONAL',
    DefaultAction: { Allow: {} },
    VisibilityConfig,
    Rules: priorities.map(rule),
  };
};
