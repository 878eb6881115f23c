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

/** ADK's switch for messages inside spans, on by default there. */
const CONTENT_IN_SPANS = 'ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS';

/**
 * Sends traces and metrics over OTLP/HTTP to OTEL_EXPORTER_OTLP_ENDPOINT, through ADK's own set-up, which reads that
 * variable itself. Call it before anything is traced; never calling it leaves OpenTelemetry's no-op in place, which
 * keeps nothing. `traces` keeps the latest spans of this process too. What people say stays out of spans unless ADK's variable asks for it.
 * Returns what sends off the rest at the end, for a bounded time.
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
