import {
  BaseLlm,
  getFunctionCalls,
  type BaseLlmConnection,
  type Event,
  type LlmRequest,
  type LlmResponse,
} from '@google/adk';
import { GEMINI_MODELS, registerModel } from '../adk/model-registry.ts';
import { parkCalls } from '../adk/parked-calls.ts';
import { partialsOf, turnScopeOf } from '../adk/turn-scope.ts';
import { afterLargeStep } from '../json/large.ts';
import { traceHeaders } from '../observability/trace-context.ts';
import { StreamAggregator } from './aggregator.ts';
import { startAnswer } from './started-answer.ts';
import { callModel, type ModelCall } from './call-model.ts';
import { nameEmptyAnswer } from './empty-answer.ts';
import { Inference } from './inference.ts';
import type { GeminiResponse } from './read-answer.ts';
import { withFiles } from './referenced-files.ts';
import { toGeminiBody } from './gemini-request.ts';
import { toLlmResponse } from './llm-response.ts';
import { coverMissingTools } from './missing-tool.ts';
import type { ModelSettings } from './model-settings.ts';
import { withPeerFallback } from './with-peer-fallback.ts';
import { withoutRefusedSignatures, withoutSignatures } from './thought-signatures.ts';
import { validContents } from './valid-contents.ts';
import { withNewestKey } from './with-newest-key.ts';
import { withRetries } from './with-retries.ts';

let settings: ModelSettings | undefined;

/**
 * Sets the model class for every agent of this process that names a Gemini model by a string; one setting per process.
 */
export function useModel(chosen: ModelSettings): void {
  settings = chosen;
  registerModel(GeminiLlm);
}

/**
 * Gemini behind ADK's model interface, over fetch: half the CPU of the stock class, with Python ADK's frames and
 * retries.
 */
export class GeminiLlm extends BaseLlm {
  static override readonly supportedModels = GEMINI_MODELS;

  readonly #settings: ModelSettings;
  readonly #warned = new Set<string>();

  constructor({ model }: { model: string }) {
    if (!settings) throw new Error('useModel() comes before the first model is made.');
    super({ model: settings.model ?? model });
    this.#settings = settings;
  }

  override async *generateContentAsync(
    request: LlmRequest,
    stream = false,
    signal?: AbortSignal,
  ): AsyncGenerator<LlmResponse> {
    request.contents = validContents(request.contents);
    this.maybeAppendUserContent(request);
    const model = turnScopeOf(signal)?.model ?? request.model ?? this.model;
    const files = await withFiles(request.contents, turnScopeOf(signal)?.openFile);
    const inference = new Inference(this.#settings, model, stream);
    try {
      const answers = await this.#begin(
        { ...request, contents: files.contents },
        { model, stream, signal },
        inference,
      ).finally(files.release);
      if (!stream) {
        for await (const answer of answers) {
          this.#settings.onAnswer?.(model, answer.modelVersion);
          yield this.#whole(request, toLlmResponse(answer), inference);
        }
        return;
      }
      const sink = partialsOf(request, signal);
      const aggregator = new StreamAggregator();
      for await (const answer of answers) {
        if (answer.candidates?.[0]?.index) continue;
        const piece = aggregator.add(answer);
        markLongRunning(request, piece);
        if (sink) {
          const taking = sink(piece);
          if (taking) await taking;
        } else yield parkCalls(piece);
      }
      const whole = aggregator.close();
      this.#settings.onAnswer?.(model, whole?.modelVersion);
      if (whole) yield this.#whole(request, whole, inference);
    } catch (error) {
      inference.failed(error);
      throw error;
    } finally {
      inference.end();
    }
  }

  /** Sends the request; resolves once the answer has begun. */
  async #begin(
    request: LlmRequest,
    { model, stream, signal }: Pick<ModelCall, 'model' | 'stream' | 'signal'>,
    inference: Inference,
  ): Promise<AsyncIterable<GeminiResponse>> {
    const { body, changes } = toGeminiBody(request, { model, kind: this.#settings.backend.kind });
    for (const change of changes) this.#warnOnce(model, change);
    await afterLargeStep(body.length);
    const call: ModelCall = {
      model,
      body,
      stream,
      headers: {
        ...this.trackingHeaders,
        ...request.config?.httpOptions?.headers,
        ...traceHeaders(inference.span),
      },
      ...(signal ? { signal } : {}),
    };
    const ask = (changed: Partial<ModelCall>, withinMs: number) =>
      startAnswer(callModel(this.#settings, { ...call, ...changed }, withinMs));
    const own = () =>
      withRetries(this.#settings, signal, (withinMs) =>
        withNewestKey(this.#settings.backend, () =>
          withoutRefusedSignatures(
            () => ask({}, withinMs),
            () => ask({ body: this.#unsignedBody(request, model) }, withinMs),
          ),
        ),
      );
    const recorded = async () => {
      try {
        const answer = await own();
        if (stream) inference.chunk();
        return answer;
      } catch (error) {
        // The model's failure is recorded even if the peer then answers in its place.
        inference.failed(error);
        throw error;
      }
    };
    return this.#settings.peerFallback
      ? withPeerFallback(recorded, this.#settings, request, signal)
      : recorded();
  }

  override async connect(): Promise<BaseLlmConnection> {
    throw new Error('Live connections are not served.');
  }

  #unsignedBody(request: LlmRequest, model: string): string {
    this.#warnOnce(model, 'thought signatures of the history were refused, and left out');
    const unsigned = { ...request, contents: withoutSignatures(request.contents) };
    return toGeminiBody(unsigned, { model, kind: this.#settings.backend.kind }).body;
  }

  /** Adapts each request but logs each change once. */
  #warnOnce(model: string, change: string): void {
    if (this.#warned.has(change)) return;
    this.#warned.add(change);
    this.#settings.log?.warn('A request did not suit the model and was changed', { model, change });
  }

  #whole(request: LlmRequest, response: LlmResponse, inference: Inference): LlmResponse {
    inference.answered(response);
    coverMissingTools(request, response);
    nameEmptyAnswer(response);
    return response;
  }
}

/** Python ADK marks long-running calls already in the partial answer that contains them. */
function markLongRunning(request: LlmRequest, piece: LlmResponse & { longRunningToolIds?: string[] }): void {
  if (!piece.content?.parts?.some((part) => part.functionCall)) return;
  const calls = getFunctionCalls(piece as Event);
  const longRunning = calls.filter(({ name }) => name && request.toolsDict[name]?.isLongRunning);
  piece.longRunningToolIds = longRunning.flatMap(({ id }) => id ?? []);
}
