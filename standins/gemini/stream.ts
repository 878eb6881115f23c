import type { Part } from './request.ts';
import { signatureOf, signsCalls } from './model-rules.ts';
import type { NoAnswer, Script } from './script.ts';
import { errorBody, responseBody, tokens, type Usage } from './wire.ts';

export interface AnswerOptions {
  model: string;
  responseId: string;
  promptTokenCount: number;
  /** Default number of chunks of a text. */
  chunks: number;
  delayMs: number;
  /** Resolves at the next release of held answers, or once the caller has left. */
  untilReleased: (left: AbortSignal) => Promise<void>;
}

/** The whole answer in one body; a failure becomes what a caller without streaming would see. */
export function wholeAnswer(script: Script, options: AnswerOptions) {
  const calls = callParts(script, options);
  const parts: Part[] = [
    ...(script.thought ? [{ text: script.thought, thought: true }] : []),
    ...(script.text ? [{ text: script.text }] : []),
    ...calls,
  ];
  return responseBody({
    ...options,
    usage: {
      promptTokenCount: options.promptTokenCount,
      candidatesTokenCount: tokens(script.text.length + JSON.stringify(script.calls ?? []).length - 2),
      thoughtsTokenCount: tokens(script.thought?.length ?? 0),
    },
    parts,
    finishReason: script.finishReason ?? 'STOP',
    promptBlocked: script.promptBlocked,
  });
}

/** The frames of alt=sse, as text. A failure ends them early; see `streamAnswer`. */
export function* answerFrames(script: Script, options: AnswerOptions): Generator<string> {
  const usage: Usage = {
    promptTokenCount: options.promptTokenCount,
    candidatesTokenCount: 0,
    thoughtsTokenCount: 0,
  };
  const pieces: Part[][] = [];
  if (script.thought) pieces.push([{ text: script.thought, thought: true }]);
  for (const text of splitText(script, options.chunks)) pieces.push([{ text }]);
  if (script.calls) pieces.push(callParts(script, options));
  // In a streamed answer without a call, the signature comes last, in a part without text.
  else if (script.thought && signsCalls(options.model))
    pieces.push([{ text: '', thoughtSignature: signatureOf(script.thought) }]);
  if (pieces.length === 0) pieces.push([]);
  for (const [index, parts] of pieces.entries()) {
    const size = parts.reduce((sum, part) => sum + (part.text ?? JSON.stringify(part)).length, 0);
    if (parts[0]?.thought) usage.thoughtsTokenCount += tokens(size);
    else usage.candidatesTokenCount += tokens(size);
    const isLast = index === pieces.length - 1;
    yield frame(
      responseBody({
        ...options,
        usage,
        parts,
        finishReason: isLast ? (script.finishReason ?? 'STOP') : undefined,
        promptBlocked: script.promptBlocked,
      }),
    );
  }
}

/** How a stream ended, for the request log. */
export type StreamEnd = 'done' | 'left' | 'stalled' | 'broken';

/** An SSE response with the script's pauses and failure; `onEnd` is called once with how it ended. */
export function streamAnswer(
  script: Script,
  options: AnswerOptions,
  onEnd: (end: StreamEnd) => void,
): Response {
  const delayMs = script.delayMs ?? options.delayMs;
  const { mishap } = script;
  const left = new AbortController();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      let dueAt = performance.now();
      let sent = 0;
      for (const text of answerFrames(script, options)) {
        if (mishap && sent === mishap.afterChunks) break;
        if (script.heldAfter?.includes(sent)) {
          await options.untilReleased(left.signal);
          dueAt = performance.now();
        } else if (delayMs > 0 && sent > 0) {
          // A late timer does not delay the later chunks: the answer keeps its pace.
          dueAt += delayMs;
          await Bun.sleep(Math.max(0, dueAt - performance.now()));
        }
        if (left.signal.aborted) return;
        controller.enqueue(encoder.encode(text));
        sent += 1;
      }
      if (mishap?.kind === 'stall') {
        onEnd('stalled');
        return;
      }
      if (mishap?.kind === 'error') controller.enqueue(encoder.encode(frame(errorBody(503))));
      if (mishap?.kind === 'plain error')
        controller.enqueue(encoder.encode(`${JSON.stringify(errorBody(503), null, 2)}\n`));
      if (mishap?.kind === 'garbage')
        controller.enqueue(encoder.encode('data: {"candidates": [{"con\r\n\r\n'));
      onEnd(mishap?.kind === 'break' ? 'broken' : 'done');
      if (mishap?.kind === 'break') {
        // The enqueued data must reach the socket before it is cut.
        await Bun.sleep(20);
        controller.error(new Error('broken off on purpose'));
      } else controller.close();
    },
    cancel() {
      left.abort();
      onEnd('left');
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** A response that is not an answer, with a status that says success. */
export function noAnswer(kind: NoAnswer, options: AnswerOptions): Response {
  switch (kind) {
    case 'HTML':
      return new Response('<!doctype html><title>Sign in</title>', {
        headers: { 'content-type': 'text/html' },
      });
    case 'a list':
      return Response.json([wholeAnswer({ text: 'This is a list.' }, options)]);
    case 'nothing':
      return new Response('', { headers: { 'content-type': 'text/event-stream' } });
    case 'usage alone': {
      const usageMetadata = { promptTokenCount: options.promptTokenCount };
      return new Response(frame({ usageMetadata }), { headers: { 'content-type': 'text/event-stream' } });
    }
    case '204':
      return new Response(null, { status: 204 });
    case 'a redirect':
      return new Response(null, { status: 307, headers: { location: '/elsewhere' } });
  }
}

/** Of parallel calls only the first is signed; each has an id if the model gives ids. */
function callParts({ calls = [] }: Script, { model }: AnswerOptions): Part[] {
  if (!signsCalls(model)) return calls.map((functionCall) => ({ functionCall }));
  return calls.map((call, index) => ({
    functionCall: { id: crypto.randomUUID(), ...call },
    ...(index === 0 && { thoughtSignature: signatureOf(JSON.stringify(calls)) }),
  }));
}

/** The words in `chunks` groups of nearly equal size, which join to the text. */
function splitText(script: Script, defaultChunks: number): string[] {
  const words = script.text.match(/\s*\S+\s*$|\s*\S+/g) ?? (script.text ? [script.text] : []);
  const count = script.chunkPerWord ? words.length : Math.min(words.length, script.chunks ?? defaultChunks);
  return Array.from({ length: count }, (_, index) =>
    words
      .slice(Math.round((index * words.length) / count), Math.round(((index + 1) * words.length) / count))
      .join(''),
  );
}

/** The real API ends its frames with CRLF twice; both SDKs' parsers expect that. */
function frame(body: unknown): string {
  return `data: ${JSON.stringify(body)}\r\n\r\n`;
}
