/** One value of a metric, parsed from a log line. */
export interface MetricValue {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  values: number[];
  atMs: number;
}

interface Directive {
  Namespace: string;
  Dimensions?: string[][];
  Metrics?: { Name: string; Unit?: string }[];
}

/**
 * The metrics in a log line in CloudWatch's embedded metric format; none for other or malformed lines.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readMetricLine(line: string): MetricValue[] {
  if (!line.startsWith('{') || !line.includes('"_aws"')) return [];
  let root: Record<string, unknown>;
  try {
    root = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return [];
  }
  const { Timestamp, CloudWatchMetrics } = (root['_aws'] ?? {}) as {
    Timestamp?: number;
    CloudWatchMetrics?: Directive[];
  };
  if (typeof Timestamp !== 'number' || !Array.isArray(CloudWatchMetrics)) return [];
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions = [[]], Metrics = [] }) =>
    Metrics.flatMap(({ Name, Unit = 'None' }) => {
      const values = [root[Name]].flat().filter((value) => typeof value === 'number');
      if (values.length === 0) return [];
      return Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        dimensions: Object.fromEntries(names.map((name) => [name, String(root[name])])),
        values,
        atMs: Timestamp,
      }));
    }),
  );
}
