import type { ReceivedSpan } from '@lornu/standins/google/cloud-trace.ts';
import { escape } from '../picture/svg.ts';

const LABEL = 330;
const WIDTH = 1080;
const ROW = 22;
const TOP = 26;
/** A page with more rows is not read. */
const MOST_ROWS = 80;

interface Row {
  span: ReceivedSpan;
  depth: number;
}

/** The turn's trace that shows most: the most agents, then the most takeovers, then the most spans. */
export function chooseTrace(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()].filter((trace) =>
    trace.some(({ name }) => name === 'run'),
  );
  const rank = (trace: readonly ReceivedSpan[]): number[] => [
    new Set(trace.map(({ resource }) => resource['service.name'])).size,
    Math.max(...trace.map(({ attributes }) => Number(attributes['lornu.run.takeovers'] ?? 0))),
    trace.length,
  ];
  return (
    traces.toSorted((a, b) => {
      const [of, than] = [rank(a), rank(b)];
      return than.map((value, index) => value - (of[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
    })[0] ?? []
  );
}

/** A trace as bars over time, each span below the one that caused it; empty without spans. */
export function renderTrace(spans: readonly ReceivedSpan[]): string {
  const rows = inOrder(spans).slice(0, MOST_ROWS);
  if (rows.length === 0) return '';
  const fromMs = Math.min(...spans.map(({ startMs }) => startMs));
  const spanMs = Math.max(...spans.map(({ endMs }) => endMs)) - fromMs || 1;
  const x = (atMs: number): number =>
    Math.round((LABEL + ((atMs - fromMs) / spanMs) * (WIDTH - LABEL - 70)) * 10) / 10;
  const height = TOP + rows.length * ROW;
  const parts = rows.map(({ span, depth }, index) => {
    const y = TOP + index * ROW;
    const [from, to] = [x(span.startMs), x(span.endMs)];
    const facts = Object.entries(span.attributes).map(([name, value]) => `${name} = ${String(value)}`);
    const title = [`${String(span.resource['service.name'])}, ${span.kind}`, ...facts].join('\n');
    const tone = span.isError ? 'unhealthy' : span.kind === 'client' ? 'draining' : 'healthy';
    return `<g><title>${escape(title)}</title><text x="${depth * 12}" y="${y + 14}">${escape(span.name.slice(0, 44))}</text><rect class="bar ${tone}" x="${from}" y="${y + 4}" width="${Math.max(to - from, 1.5)}" height="12" rx="2"/><text class="axis" x="${to + 4}" y="${y + 14}">${Math.round(span.endMs - span.startMs)} ms</text></g>`;
  });
  return `<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${rows.length} spans over ${Math.round(spanMs)} ms">${parts.join('')}</svg>`;
}

/** Parents before their children, children by their start. A span whose parent is missing is at the top. */
function inOrder(spans: readonly ReceivedSpan[]): Row[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(
    spans.toSorted((a, b) => a.startMs - b.startMs),
    ({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : ''),
  );
  const below = (id: string, depth: number): Row[] =>
    (children.get(id) ?? []).flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below('', 0);
}
