import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { CloudTraceExporter } from './cloud-trace-exporter.ts';
import { LeanContextManager } from './lean-context-manager.ts';
import { RequestSampler } from './request-sampler.ts';
import type { TraceMemory } from './trace-memory.ts';

export interface TelemetryOptions {
  environment: string;
  region: string;
  revision: string;
  /** Receives traces and metrics over OTLP/HTTP. */
  otlpEndpoint: string | undefined;
  /** Google Cloud Trace, or a stand-in for it, and the share of traces that are recorded (0 to 1). */
  cloudTrace: { url: string; share: number; project: string } | undefined;
  /** Keeps the latest spans of this process. */
  memory: TraceMemory | undefined;
  /** An access token for Cloud Trace; undefined if its address needs none. */
  token: () => Promise<string | undefined>;
}

/** ADK's switch for message contents in spans; ADK's default is on. */
const CONTENT_IN_SPANS = 'ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS';
/** Longest wait for the last export at shutdown. */
const FLUSH_MS = 2_000;

/**
 * Starts OpenTelemetry, if anything receives its traces. Call it before anything is traced. Without it, OpenTelemetry's
 * no-op stays in place, which stores nothing. Message contents stay out of spans unless ADK's variable enables them.
 * Returns a function that flushes at shutdown, with a time limit.
 */
export function startTelemetry(
  { otlpEndpoint, cloudTrace, memory, token, ...service }: TelemetryOptions,
  env: Record<string, string | undefined>,
): (() => Promise<void>) | undefined {
  if (!otlpEndpoint && !cloudTrace && !memory) return undefined;
  env[CONTENT_IN_SPANS] ||= 'false';
  const resource = resourceFromAttributes({
    'service.name': 'lornu-agent',
    'service.version': service.revision,
    'deployment.environment.name': service.environment,
    'cloud.region': service.region,
    // Cloud Trace stores the spans in this project.
    ...(cloudTrace ? { 'gcp.project_id': cloudTrace.project } : {}),
  });
  const exporters: SpanExporter[] = [
    // It reads the endpoint and headers from OpenTelemetry's own variables.
    ...(otlpEndpoint ? [new OTLPTraceExporter()] : []),
    ...(cloudTrace ? [new CloudTraceExporter({ url: cloudTrace.url, token })] : []),
  ];
  const tracing = new NodeTracerProvider({
    resource,
    sampler: new RequestSampler(cloudTrace?.share ?? 1),
    spanProcessors: [
      ...(memory ? [memory] : []),
      ...exporters.map((exporter) => new BatchSpanProcessor(exporter)),
    ],
  });
  tracing.register({ contextManager: new LeanContextManager() });
  const metering = otlpEndpoint
    ? new MeterProvider({
        resource,
        readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
      })
    : undefined;
  if (metering) metrics.setGlobalMeterProvider(metering);
  return async () => {
    const flushed = [tracing.forceFlush(), ...(metering ? [metering.forceFlush()] : [])];
    await Promise.race([Promise.allSettled(flushed), Bun.sleep(FLUSH_MS)]);
  };
}
