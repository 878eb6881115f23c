import type { GenerateContentResponseUsageMetadata, ModalityTokenCount } from '@google/genai';
import { type Attributes, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { InferenceOutcome, TokensByModality } from '../observability/metrics.ts';
import { serverAttributes, TRACER } from '../observability/trace-context.ts';
import { hostOf } from './gemini-endpoint.ts';
import { ModelError } from './model-error.ts';
import type { ModelSettings } from './model-settings.ts';

/** The parts of an answer that are recorded: numbers and names, never content. */
interface Answer {
  modelVersion?: string | undefined;
  finishReason?: string | undefined;
  usageMetadata?: GenerateContentResponseUsageMetadata | undefined;
}

const MODALITIES: Readonly<Record<string, keyof TokensByModality>> = {
  TEXT: 'text',
  IMAGE: 'image',
  AUDIO: 'audio',
};

/**
 * One answer of the model with all its attempts, as a span and in the metrics, by version 0.1.0 of OpenTelemetry's
 * conventions for generative AI.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/v0.1.0/docs/gen-ai/client-inference.md
 */
export class Inference {
  readonly span: Span;
  readonly #onEnd: ModelSettings['onInference'];
  readonly #names: Attributes;
  readonly #beganMs = performance.now();
  #firstChunkS: number | undefined;
  #answer: Answer | undefined;
  #errorType: string | undefined;

  constructor({ backend, onInference }: ModelSettings, model: string, stream: boolean) {
    this.#onEnd = onInference;
    this.#names = {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': backend.kind === 'vertex' ? 'gcp.vertex_ai' : 'gcp.gemini',
      'gen_ai.request.model': model,
      ...serverAttributes(hostOf(backend)),
    };
    this.span = trace
      .getTracer(TRACER)
      .startSpan(`generate_content ${model}`, { kind: SpanKind.CLIENT })
      .setAttributes(this.#names);
    if (stream) this.span.setAttribute('gen_ai.request.stream', true);
  }

  /** The first chunk of a stream has arrived. */
  chunk(): void {
    this.#firstChunkS ??= this.#seconds();
  }

  answered(answer: Answer): void {
    this.#answer = answer;
  }

  /** The error's message is not recorded: it may quote the conversation. */
  failed(error: unknown): void {
    this.#errorType ??=
      error instanceof ModelError ? error.code : error instanceof Error ? error.name : '_OTHER';
  }

  end(): void {
    const { modelVersion, finishReason, usageMetadata: usage } = this.#answer ?? {};
    const seconds = this.#seconds();
    if (this.span.isRecording()) {
      this.span.setAttributes({
        'gen_ai.response.model': modelVersion,
        'gen_ai.response.finish_reasons': finishReason ? [finishReason.toLowerCase()] : undefined,
        'gen_ai.response.time_to_first_chunk': this.#firstChunkS,
        'gen_ai.usage.input_tokens': usage?.promptTokenCount,
        'gen_ai.usage.output_tokens': usage && outputOf(usage),
        'gen_ai.usage.reasoning.output_tokens': usage?.thoughtsTokenCount,
        'gen_ai.usage.cache_read.input_tokens': usage?.cachedContentTokenCount,
        'error.type': this.#errorType,
      });
      if (this.#errorType) this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
    this.#onEnd?.({
      attributes: {
        ...this.#names,
        ...(modelVersion ? { 'gen_ai.response.model': modelVersion } : {}),
      },
      seconds,
      firstChunkSeconds: this.#firstChunkS,
      errorType: this.#errorType,
      input: byModality(usage?.promptTokensDetails, usage?.promptTokenCount ?? 0),
      output: byModality(usage?.candidatesTokensDetails, usage ? outputOf(usage) : 0),
    } satisfies InferenceOutcome);
  }

  #seconds(): number {
    return (performance.now() - this.#beganMs) / 1000;
  }
}

/** Thoughts are billed as output. */
const outputOf = ({
  candidatesTokenCount = 0,
  thoughtsTokenCount = 0,
}: GenerateContentResponseUsageMetadata) => candidatesTokenCount + thoughtsTokenCount;

/** Tokens of which Gemini does not say the modality are `unknown`. */
function byModality(details: readonly ModalityTokenCount[] | undefined, total: number): TokensByModality {
  const tokens: TokensByModality = {};
  let known = 0;
  for (const { modality, tokenCount = 0 } of details ?? []) {
    const name = MODALITIES[modality ?? ''];
    if (!name) continue;
    tokens[name] = (tokens[name] ?? 0) + tokenCount;
    known += tokenCount;
  }
  if (known < total || total === 0) tokens.unknown = total - known;
  return tokens;
}
