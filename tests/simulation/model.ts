import { FunctionTool, LlmAgent } from '@google/adk';
import type { Content, Part } from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { prepareAgent } from '@lornu/backend/agents/load-agents.ts';
import { refuseByModel } from '@lornu/standins/gemini/model-rules.ts';
import { readRequest } from '@lornu/standins/gemini/validate.ts';
import type { Seen } from './check/history.ts';
import { currentHost, type VirtualTime } from './clock.ts';

/** The instructions of a message for the model, as JSON in its text. */
export interface Plan {
  words: number;
  /** Milliseconds between two words. */
  everyMs: number;
  /** Called after half of the words. */
  tool?: { name: 'look' | 'book'; ms: number };
}

/** Faults of the model: it refuses as overloaded, breaks off, or stops in the middle without closing. */
export type ModelFault = 'overloaded' | 'breaks off' | 'silent';

export interface Outside {
  time: VirtualTime;
  random: () => number;
  see: (seen: Seen) => void;
  modelFault: () => ModelFault | undefined;
}

export const textOf = (message: string, plan: Plan): string => `${message} ${JSON.stringify(plan)}`;
export const answerTo = (message: string, { words }: Plan): string =>
  Array.from({ length: words }, (_, index) => `${message}.${index + 1}`).join(' ');

const LONGEST_FIRST_MS = 900;
const encoder = new TextEncoder();

/**
 * The model behind fetch. It counts words for the newest message, continues after the words that the request already
 * contains, and refuses the requests that Gemini refuses.
 */
export function simulatedModel({ time, random, see, modelFault }: Outside): typeof fetch {
  const answer = async (_url: unknown, init?: RequestInit): Promise<unknown> => {
    const read = readRequest(typeof init?.body === 'string' ? init.body : '');
    const request = typeof read === 'string' ? read : (refuseByModel(MODEL, read) ?? read);
    if (typeof request === 'string') {
      see({ is: 'invalid', reason: request });
      return refusal(400, 'INVALID_ARGUMENT', request);
    }
    const { signal } = init ?? {};
    await time.sleep(10 + random() ** 3 * LONGEST_FIRST_MS);
    if (signal?.aborted) throw new Error('aborted');
    const { message, plan, said, hasCalled, hasAnswer } = standing(request.contents as Content[]);
    if (modelFault() === 'overloaded') {
      see({ is: 'model', what: 'overloaded', message });
      return refusal(503, 'UNAVAILABLE', 'The model is overloaded.');
    }
    const isCalling = plan.tool !== undefined && !hasCalled;
    const upTo = isCalling ? Math.ceil(plan.words / 2) : plan.words;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const write = (parts: Part[], isLast: boolean): Uint8Array => {
        see({ is: 'paid', process: currentHost()?.name ?? '', message });
        return encoder.encode(`data: ${JSON.stringify(toAnswer(parts, isLast))}\r\n\r\n`);
      };
      const breaksAt = random() * plan.words;
      for (let word = said + 1; word <= upTo; word++) {
        await time.sleep(plan.everyMs * (0.5 + random()));
        if (signal?.aborted) throw new Error('aborted');
        const fault = word > breaksAt ? modelFault() : undefined;
        if (fault) see({ is: 'model', what: fault, message });
        if (fault === 'breaks off') throw new Error('cut');
        if (fault === 'silent') await untilAborted(signal);
        const isLast = word === upTo && !isCalling;
        yield write([{ text: `${word === 1 ? '' : ' '}${message}.${word}` }], isLast);
      }
      if (isCalling && plan.tool) {
        const { name, ms } = plan.tool;
        yield write([{ functionCall: { name, args: { message, ms } } }], true);
      } else if (said >= upTo) yield write([{ text: hasAnswer ? ' .' : '.' }], true);
    }
    return { ok: true, status: 200, headers: new Headers(), body: pieces() };
  };
  return Object.assign(answer as typeof fetch, { preconnect: fetch.preconnect });
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  );
}

function refusal(code: number, status: string, message: string): unknown {
  const body = [encoder.encode(JSON.stringify({ error: { code, status, message } }))];
  return { ok: false, status: code, headers: new Headers(), body };
}

function toAnswer(parts: Part[], isLast: boolean): object {
  const content = { role: 'model', parts };
  return {
    candidates: [{ content, ...(isLast ? { finishReason: 'STOP' } : {}) }],
    ...(isLast
      ? { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } }
      : {}),
  };
}

/** How much of the answer to the newest message the request already contains. */
function standing(contents: Content[]) {
  const at = contents.findLastIndex((content) => messageIn(content) !== undefined);
  const text = messageIn(contents[at]) ?? '';
  const [message = ''] = text.split(' ', 1);
  const parts = contents.slice(at + 1).flatMap((content) => content.parts ?? []);
  const words = new Set(
    parts
      .flatMap((part) => part.text?.match(/s\d+m\d+\.\d+/g) ?? [])
      .filter((it) => it.startsWith(`${message}.`)),
  );
  return {
    message,
    plan: JSON.parse(text.slice(message.length)) as Plan,
    said: words.size,
    hasCalled: parts.some((part) => part.functionCall),
    hasAnswer: words.size > 0,
  };
}

function messageIn(content: Content | undefined): string | undefined {
  if (content?.role !== 'user') return undefined;
  return content.parts?.findLast((part) => /^s\d+m\d+ \{/.test(part.text ?? ''))?.text;
}

/** An agent with one tool that is safe to repeat and one that is not. */
export function simulatedAgent({ time, see }: Pick<Outside, 'time' | 'see'>) {
  const tool = (name: string, isRepeatable: boolean): FunctionTool => {
    const execute = async (args: unknown): Promise<object> => {
      const { message, ms } = args as { message: string; ms: number };
      see({ is: 'tool', process: currentHost()?.name ?? '', tool: name, message, isRepeatable });
      await time.sleep(ms);
      return { done: message };
    };
    const made = new FunctionTool({ name, description: name, execute });
    return isRepeatable ? Object.assign(made, { safeToRepeat: true }) : made;
  };
  const rootAgent = new LlmAgent({
    name: 'root',
    model: MODEL,
    tools: [tool('look', true), tool('book', false)],
  });
  return prepareAgent(rootAgent);
}
