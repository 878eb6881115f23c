import { maybeSetOtelProviders } from '@google/adk';
import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { TraceMemory } from './trace-memory.ts';

export interface TelemetryResource {
  environment: string;
  region: string;
  revision: string;
}

interface Flushable {
  forceFlush(): Promise<void>;
}

/** ADK's switch for message contents in spans; ADK's default is on. */
const CONTENT_IN_SPANS = 'ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS';

/**
 * Exports traces and metrics over OTLP/HTTP to OTEL_EXPORTER_OTLP_ENDPOINT, with ADK's own setup, which reads that
 * variable itself. Call it before anything is traced. Without it OpenTelemetry's no-op stays in place, which stores
 * nothing. `traces` also stores the latest spans of this process. Message contents stay out of spans unless ADK's
 * variable enables them. Returns a function that flushes at shutdown, with a time limit.
 */
export function startTelemetry(
  { environment, region, revision }: TelemetryResource,
  env: Record<string, string | undefined>,
  traces?: TraceMemory,
): () => Promise<void> {
  env[CONTENT_IN_SPANS] ||= 'false';
  maybeSetOtelProviders(
    traces ? [{ spanProcessors: [traces] }] : [],
    resourceFromAttributes({
      'service.name': 'lornu-agent',
      'service.version': revision,
      'deployment.environment.name': environment,
      'cloud.region': region,
    }),
  );
  return async () => {
    const tracers = trace.getTracerProvider();
    const providers: object[] = [
      tracers instanceof ProxyTracerProvider ? tracers.getDelegate() : tracers,
      metrics.getMeterProvider(),
    ];
    const flushed = providers.filter(isFlushable).map((provider) => provider.forceFlush());
    await Promise.race([Promise.allSettled(flushed), Bun.sleep(2_000)]);
  };
}

function isFlushable(provider: object): provider is Flushable {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function';
}
