import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Check } from '../check.ts';
import { NAME, regionOf } from '../facts.ts';

/** docs/metrics.md: what the service writes. */
const OWN_METRICS = ['ActiveStreams', 'Faults', 'TimeToFirstToken', 'Tokens', 'TurnErrors', 'Turns'];
/** The rest that a person looks for while something is wrong. */
const AWS_METRICS = [
  'AWS/ApplicationELB HTTPCode_ELB_5XX_Count',
  'AWS/ApplicationELB HTTPCode_Target_5XX_Count',
  'AWS/ApplicationELB HealthyHostCount',
  'AWS/ECS CPUUtilization',
  'AWS/ECS MemoryUtilization',
  'ECS/ContainerInsights RunningTaskCount',
];
const STATISTICS: Readonly<Record<string, readonly string[]>> = {
  ActiveStreams: ['Sum', 'Maximum'],
  TimeToFirstToken: ['p50', 'p99'],
  Turns: ['Sum'],
  Tokens: ['Sum'],
  TurnErrors: ['Sum'],
  Faults: ['Sum'],
  HTTPCode_ELB_5XX_Count: ['Sum'],
  HTTPCode_Target_5XX_Count: ['Sum'],
  // The worst one is what counts: the fewest tasks, the fullest one.
  HealthyHostCount: ['Minimum'],
  RunningTaskCount: ['Minimum'],
  CPUUtilization: ['Maximum'],
  MemoryUtilization: ['Maximum'],
};

interface Line {
  /** Namespace and name. */
  metric: string;
  name: string;
  statistic: string;
  dimensions: string;
}

export const dashboard: Check[] = [
  {
    id: 'watch/dashboard-lines',
    why: 'A graph of a metric that nobody writes is an empty graph, and reads as "all quiet".',
    run: ({ staging }, must) => {
      const found = lines(staging);
      const wanted = [...OWN_METRICS.map((name) => `Lornu/Agent ${name}`), ...AWS_METRICS];
      for (const metric of wanted) {
        must(
          found.some((line) => line.metric === metric),
          `The dashboard does not show ${metric}.`,
        );
      }
      for (const line of found) {
        must(wanted.includes(line.metric), `The dashboard shows ${line.metric}, which nothing writes.`);
        must(
          STATISTICS[line.name]?.includes(line.statistic) === true,
          `${line.metric} is shown as ${line.statistic}.`,
        );
        must(
          line.dimensions === dimensionsOf(staging, line),
          `${line.metric} is that of something else: ${line.dimensions}.`,
        );
      }
      for (const percentile of ['p50', 'p99']) {
        must(
          found.some(({ name, statistic }) => name === 'TimeToFirstToken' && statistic === percentile),
          `The dashboard does not show the ${percentile} of the first token.`,
        );
      }
    },
  },
  {
    id: 'watch/dashboard-page',
    why: 'One page, readable while something is wrong: no graph over another, each with a name.',
    run: ({ staging }, must) => {
      must(
        staging.one('aws_cloudwatch_dashboard.staging').text('dashboard_name') === NAME,
        'The dashboard has another name.',
      );
      const places = new Set<string>();
      const titles = new Set<string>();
      for (const widget of widgets(staging)) {
        must(widget.text('type') === 'metric', 'A widget is no graph.');
        must(widget.number('width') === 12 && widget.number('height') === 6, 'Graphs have different sizes.');
        const x = widget.number('x');
        const y = widget.number('y');
        must([0, 12].includes(x) && y % 6 === 0 && y < 18, 'A graph stands over another, or far below.');
        places.add(`${x} ${y}`);
        const properties = widget.block('properties');
        titles.add(properties.text('title'));
        must(properties.text('region') === regionOf(staging), 'A graph shows another region.');
        must(properties.number('period') === 60, 'A minute of failures is not seen.');
        must(properties.text('title').length > 3, 'A graph has no name.');
      }
      const count = widgets(staging).length;
      must(places.size === count, 'Two graphs stand at one place.');
      must(titles.size === count, 'Two graphs have one name.');
      must(
        lines(staging).every(({ name }) => name !== 'Tokens') || rightAxis(staging) === 'right',
        'Tokens are thousands of turns: on one axis turns are a flat line.',
      );
    },
  },
];

function widgets(staging: StackView): Reader[] {
  return staging.one('aws_cloudwatch_dashboard.staging').json('dashboard_body').blocks('widgets');
}

/** Every line of every graph. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
function lines(staging: StackView): Line[] {
  return widgets(staging).flatMap((widget) => {
    const properties = widget.block('properties');
    return properties.blocks('metrics').map((_, index) => {
      const parts = properties.blocks(`metrics.${index}`);
      const texts = parts.filter((part) => part.isText('')).map((part) => part.text(''));
      const options = parts.find((part) => !part.isText(''));
      const [namespace = '', name = '', ...dimensions] = texts;
      const statistic = options?.has('stat') ? options.text('stat') : properties.text('stat');
      return { metric: `${namespace} ${name}`, name, statistic, dimensions: dimensions.join(' ') };
    });
  });
}

function rightAxis(staging: StackView): string | undefined {
  for (const widget of widgets(staging)) {
    for (const [index] of widget.blocks('properties.metrics').entries()) {
      const options = widget.blocks(`properties.metrics.${index}`).find((part) => !part.isText(''));
      if (options?.has('yAxis')) return options.text('yAxis');
    }
  }
  return undefined;
}

function dimensionsOf(staging: StackView, { metric, name }: Line): string {
  const balancer = `LoadBalancer ${staging.one('aws_lb.staging').text('arn_suffix')}`;
  if (name === 'HealthyHostCount') {
    return `${balancer} TargetGroup ${staging.one('aws_lb_target_group.agent').text('arn_suffix')}`;
  }
  if (metric.startsWith('AWS/ApplicationELB')) return balancer;
  if (metric.startsWith('Lornu/')) return 'Environment staging';
  return `ClusterName ${staging.one('aws_ecs_cluster.staging').text('name')} ServiceName ${staging.one('aws_ecs_service.agent').text('name')}`;
}
