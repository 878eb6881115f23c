import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { encodeSpans } from './encode-spans.ts';

export interface CloudTraceExporterOptions {
  /** Base address, such as https://telemetry.googleapis.com. */
  url: string;
  /** An access token; undefined if the address needs none. */
  token: () => Promise<string | undefined>;
  fetch?: typeof fetch;
}

type Done = Parameters<SpanExporter['export']>[1];

const WITHIN_MS = 10_000;
const SUCCESS = 0;
const FAILED = 1;

/**
 * Sends spans to Google Cloud Trace over OTLP as our Google identity, without a collector. OpenTelemetry's own exporters
 * take fixed headers only, and our tokens expire. A batch that is refused is lost: the next one follows in seconds.
 * https://docs.cloud.google.com/stackdriver/docs/reference/telemetry/v1.traces.post
 */
export class CloudTraceExporter implements SpanExporter {
  readonly #url: string;
  readonly #token: CloudTraceExporterOptions['token'];
  readonly #fetch: typeof fetch;
  #sending: Promise<void> = Promise.resolve();

  constructor({ url, token, fetch: send = fetch }: CloudTraceExporterOptions) {
    this.#url = `${url}/v1/traces`;
    this.#token = token;
    this.#fetch = send;
  }

  export(spans: ReadableSpan[], done: Done): void {
    const finish = async (): Promise<void> => {
      try {
        await this.#send(spans);
        done({ code: SUCCESS });
      } catch (error) {
        done({ code: FAILED, error: error as Error });
      }
    };
    this.#sending = finish();
  }

  async forceFlush(): Promise<void> {
    await this.#sending;
  }

  async shutdown(): Promise<void> {
    await this.#sending;
  }

  async #send(spans: ReadableSpan[]): Promise<void> {
    const body = encodeSpans(spans);
    const token = await this.#token();
    const response = await this.#fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body,
      // A redirect could send our token elsewhere.
      redirect: 'error',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    await response.body?.cancel();
    if (!response.ok)
      throw new Error(`Cloud Trace refused ${spans.length} spans: it answered ${response.status}.`);
  }
}
