import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api';

/** The fields of an ended span that are read; OpenTelemetry's ReadableSpan. */
interface EndedSpan {
  name: string;
  startTime: HrTime;
  endTime: HrTime;
  attributes: Attributes;
  spanContext(): SpanContext;
  parentSpanContext?: SpanContext;
}

/** A span as ADK's page reads it. */
interface PageSpan {
  name: string;
  start_time: number;
  end_time: number;
  trace_id: string;
  span_id: string;
  parent_span_id: string | null;
  attributes: Attributes;
  logs: [];
}

/** Spans kept for ADK's page, which a developer of an agent uses locally. */
const MOST_SPANS = 5_000;

/** Keeps the latest spans in memory; an OpenTelemetry span processor. */
export class TraceMemory {
  readonly #spans: PageSpan[] = [];

  onStart(): void {}

  onEnd(span: EndedSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.#spans.push({
      name: span.name,
      start_time: nanoseconds(span.startTime),
      end_time: nanoseconds(span.endTime),
      trace_id: traceId,
      span_id: spanId,
      parent_span_id: span.parentSpanContext?.spanId ?? null,
      attributes: { ...span.attributes },
      logs: [],
    });
    if (this.#spans.length > MOST_SPANS) this.#spans.shift();
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /** All spans of the traces that name the session, in a form that ADK's page accepts. */
  ofSession(sessionId: string): PageSpan[] {
    const traces = new Set(
      this.#spans.flatMap(({ attributes, trace_id }) =>
        (attributes['gcp.vertex.agent.session_id'] ?? attributes['gen_ai.conversation.id']) === sessionId
          ? [trace_id]
          : [],
      ),
    );
    const spans = this.#spans.filter(({ trace_id }) => traces.has(trace_id));
    const byId = new Map(spans.map((span) => [span.span_id, span]));
    return spans.flatMap((span) => forPage(span, byId.get(span.parent_span_id ?? '')) ?? []);
  }

  /** The attributes of the newest span of an event. */
  ofEvent(eventId: string): Attributes | undefined {
    const span = this.#spans.findLast(
      ({ attributes }) => attributes['gcp.vertex.agent.event_id'] === eventId,
    );
    return span && { ...span.attributes, trace_id: span.trace_id, span_id: span.span_id };
  }
}

/**
 * The page refuses all spans if one of an inference does not name its event and invocation, as google-adk's do. Ours is
 * below ADK's `call_llm`, which names both; undefined while that has not ended.
 */
function forPage(span: PageSpan, parent: PageSpan | undefined): PageSpan | undefined {
  if (span.attributes['gen_ai.operation.name'] !== 'generate_content') return span;
  const named = EVENT_NAMES.filter((name) => typeof parent?.attributes[name] === 'string');
  if (named.length < EVENT_NAMES.length) return undefined;
  const names = Object.fromEntries(named.map((name) => [name, parent?.attributes[name]]));
  return { ...span, attributes: { ...span.attributes, ...names } };
}

const EVENT_NAMES = ['gcp.vertex.agent.event_id', 'gcp.vertex.agent.invocation_id'] as const;
const nanoseconds = ([seconds, nanos]: HrTime): number => seconds * 1e9 + nanos;
