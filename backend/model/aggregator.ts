import { generateClientFunctionCallId, type LlmResponse } from '@google/adk';
import { FinishReason, type FunctionCall, type Part } from '@google/genai';
import type { GeminiResponse } from './read-answer.ts';
import { toLlmResponse } from './llm-response.ts';
import { UNNAMED_FUNCTION } from './pair-calls.ts';
import { applyPartialArgument } from './partial-arguments.ts';

interface OpenCall {
  id: string;
  name?: string;
  args: Record<string, unknown>;
  thoughtSignature?: string;
}

/**
 * Turns the chunks of a streamed answer into partial responses and, at the end, the complete one. Follows Python ADK's
 * rules (progressive streaming), because its frames are the reference for the wire.
 */
export class StreamAggregator {
  readonly #parts: Part[] = [];
  #text = '';
  #textIsThought: boolean | undefined;
  #textSignature: string | undefined;
  #openCall: OpenCall | undefined;
  #last: GeminiResponse | undefined;
  readonly #whole: LlmResponse = { partial: false };

  /** One chunk, marked partial; its function calls already have the ids of the complete answer. */
  add(response: GeminiResponse): LlmResponse {
    const piece = toLlmResponse(response);
    this.#last = response;
    this.#whole.usageMetadata = piece.usageMetadata ?? this.#whole.usageMetadata;
    this.#whole.groundingMetadata = piece.groundingMetadata ?? this.#whole.groundingMetadata;
    this.#whole.citationMetadata = piece.citationMetadata ?? this.#whole.citationMetadata;
    this.#whole.finishReason = piece.finishReason ?? this.#whole.finishReason;
    for (const part of piece.content?.parts ?? []) this.#take(part);
    piece.partial = true;
    return piece;
  }

  /** The complete answer; undefined if the model sent nothing. */
  close(): LlmResponse | undefined {
    if (!this.#last) return undefined;
    const candidate = this.#last.candidates?.[0];
    const { finishReason } = this.#whole;
    const isCut = finishReason !== undefined && finishReason !== FinishReason.STOP;
    this.#flushText();
    // The tool would run with half of its arguments, such as the beginning of a path.
    if (isCut) this.#openCall = undefined;
    this.#flushCall();
    if (isCut) {
      this.#whole.errorCode = finishReason;
      this.#whole.errorMessage = candidate?.finishMessage;
    } else if (!candidate && this.#last.promptFeedback) {
      this.#whole.errorCode = this.#last.promptFeedback.blockReason;
      this.#whole.errorMessage = this.#last.promptFeedback.blockReasonMessage;
    }
    if (this.#parts.length > 0) this.#whole.content = { role: 'model', parts: this.#parts };
    this.#whole.modelVersion = this.#last.modelVersion;
    return this.#whole;
  }

  #take(part: Part): void {
    if (part.text) this.#takeText(part);
    else if (part.functionCall) this.#takeCall(part, part.functionCall);
    else {
      this.#flushText();
      this.#parts.push(part);
    }
  }

  #takeText(part: Part): void {
    if (this.#text && part.thought !== this.#textIsThought) this.#flushText();
    if (!this.#text) this.#textIsThought = part.thought;
    this.#text += part.text;
    this.#textSignature ??= part.thoughtSignature;
  }

  #takeCall(part: Part, call: FunctionCall): void {
    const isPiece =
      Boolean(call.partialArgs) || call.willContinue !== undefined || (this.#openCall && !call.args);
    if (!isPiece) {
      this.#flushText();
      this.#flushCall();
      // An empty object ends a streamed call; any other call without a name is malformed.
      if (Object.keys(call).length === 0) return;
      call.name ||= UNNAMED_FUNCTION;
      call.id ??= generateClientFunctionCallId();
      this.#parts.push(part);
      return;
    }
    if (call.name && this.#openCall?.name && call.name !== this.#openCall.name) this.#flushCall();
    this.#flushText();
    const open = (this.#openCall ??= { id: call.id ?? generateClientFunctionCallId(), args: {} });
    open.name = call.name ?? open.name;
    open.thoughtSignature ??= part.thoughtSignature;
    call.id ??= open.id;
    for (const piece of call.partialArgs ?? []) applyPartialArgument(open.args, piece);
    if (!call.willContinue) this.#flushCall();
  }

  #flushText(): void {
    if (!this.#text) return;
    const part: Part = { text: this.#text };
    if (this.#textIsThought) part.thought = true;
    // The model needs its signature back unchanged; without it, it repeats the reasoning.
    if (this.#textSignature) part.thoughtSignature = this.#textSignature;
    this.#parts.push(part);
    this.#text = '';
    this.#textSignature = undefined;
  }

  #flushCall(): void {
    const open = this.#openCall;
    this.#openCall = undefined;
    if (!open) return;
    const name = open.name || UNNAMED_FUNCTION;
    const part: Part = { functionCall: { id: open.id, args: open.args, name } };
    if (open.thoughtSignature) part.thoughtSignature = open.thoughtSignature;
    this.#parts.push(part);
  }
}
