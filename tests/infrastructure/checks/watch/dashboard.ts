import type { Checks } from '../check.ts';
import { NAME, list } from '../facts.ts';

export const dashboard: Checks = {
  // A graph of something else stays empty, and reads as "all quiet".
  'watch/dashboard-shows-us': ({ staging }, must) => {
    const page = staging.one('aws_cloudwatch_dashboard.staging');
    must(page.text('dashboard_name') === NAME, 'The dashboard has another name.');
    const ours = new Set([
      staging.one('aws_lb.staging').text('arn_suffix'),
      staging.one('aws_lb_target_group.agent').text('arn_suffix'),
      staging.one('aws_ecs_cluster.staging').text('name'),
      staging.one('aws_ecs_service.agent').text('name'),
      'staging',
    ]);
    // A line of a graph: namespace, metric, then pairs of a dimension's name and value, then options.
    const lines = JSON.parse(page.text('dashboard_body')) as {
      widgets: { properties: { metrics: unknown[][] } }[];
    };
    const shown = lines.widgets.flatMap(({ properties }) => properties.metrics);
    must(shown.length > 0, 'The dashboard shows nothing.');
    const values = shown.flatMap((line) => line.slice(2).filter((_, index) => index % 2 === 1));
    const others = values.filter((value) => typeof value !== 'string' || !ours.has(value));
    must(others.length === 0, `The dashboard shows ${list(others.map(String))}, which is not ours.`);
  },
};
