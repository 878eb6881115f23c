import { FunctionTool, LlmAgent } from '@google/adk';
import type { Content, FunctionResponse, Part } from '@google/genai';
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
  /** Called after half of the words. The turn ends with a call of `ask`, which waits for a confirmation. */
  tool?: { name: 'look' | 'book' | 'ask'; ms: number };
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
export const answerTo = (message: string, words: number): string =>
  Array.from({ length: words }, (_, index) => `${message}.${index + 1}`).join(' ');
export const wordsBeforeTool = ({ words }: Plan): number => Math.ceil(words / 2);

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
    const upTo = isCalling ? wordsBeforeTool(plan) : plan.words;
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

/** How much of the answer to the newest message, or to the newest decision about a call, the request already contains. */
function standing(contents: Content[]) {
  let asking = '';
  const topics = contents.map((content) => {
    const call = content.parts?.find(({ functionCall }) => functionCall?.name === 'ask')?.functionCall;
    if (call) asking = String(call.args?.['message']);
    return messageIn(content) ?? (hasDecision(content) ? `${asking}c` : undefined);
  });
  if (isAskedForNothing(contents.at(-1))) topics.push(NOTHING);
  const parts = contents.flatMap((content) => content.parts ?? []);
  // An interrupted answer goes on, even if it is about a call before the newest message.
  const begun = isToGoOn(contents.at(-1)) ? lastWord(contents.at(-2))?.split('.', 1)[0] : undefined;
  const topic = topics.findLast((one) => one !== undefined && (!begun || one.split(' ', 1)[0] === begun));
  const [message = '', ...plans] = (topic ?? '').split(' ');
  const plan = plans.length > 0 ? (JSON.parse(plans.join(' ')) as Plan) : AFTER_DECISION;
  const words = new Set(parts.flatMap(wordsIn).filter((word) => word.startsWith(`${message}.`)));
  return {
    message,
    plan,
    said: words.size,
    hasCalled: parts.some(({ functionCall }) => functionCall?.args?.['message'] === message),
    hasAnswer: words.size > 0,
  };
}

const wordsIn = ({ text }: Part): string[] => text?.match(/s\d+m\d+c?\.\d+/g) ?? [];
const lastWord = (content: Content | undefined): string | undefined =>
  content?.parts?.flatMap(wordsIn).at(-1);

/** The service's prompt to continue an interrupted answer. */
function isToGoOn(content: Content | undefined): boolean {
  return content?.parts?.some(({ text }) => text?.startsWith('Go on with your answer')) ?? false;
}

const NOTHING = textOf('nothing', { words: 1, everyMs: 5 });
/** What the model says when a call that asked has its result. */
export const AFTER_DECISION: Plan = { words: 2, everyMs: 20 };

function messageIn(content: Content | undefined): string | undefined {
  if (content?.role !== 'user') return undefined;
  return content.parts?.findLast((part) => /^s\d+m\d+ \{/.test(part.text ?? ''))?.text;
}

const responseOfAsk = (content: Content | undefined) =>
  content?.parts?.findLast(({ functionResponse }) => functionResponse?.name === 'ask')?.functionResponse;
const isWaiting = ({ response }: FunctionResponse): boolean =>
  String(response?.['error']).includes('requires confirmation');

/** Whether a call of `ask` has its result: it was confirmed, or its turn was interrupted. */
function hasDecision(content: Content): boolean {
  const response = responseOfAsk(content);
  return response !== undefined && !isWaiting(response);
}

/** A question was answered a second time: another one stands at the end, or ADK's text for a request without a message. */
function isAskedForNothing(last: Content | undefined): boolean {
  const response = responseOfAsk(last);
  const isTextOfAdk = ({ text }: Part): boolean => text?.startsWith('Continue processing') ?? false;
  return response ? isWaiting(response) : (last?.parts?.some(isTextOfAdk) ?? false);
}

/** An agent with a tool that is safe to repeat, one that is not, and one that is neither and needs a confirmation. */
export function simulatedAgent({ time, see }: Pick<Outside, 'time' | 'see'>) {
  const tool = (name: string, isRepeatable: boolean, requireConfirmation = false): FunctionTool => {
    const execute = async (args: unknown): Promise<object> => {
      const { message, ms } = args as { message: string; ms: number };
      see({ is: 'tool', process: currentHost()?.name ?? '', tool: name, message, isRepeatable });
      await time.sleep(ms);
      return { done: message };
    };
    const made = new FunctionTool({ name, description: name, execute, requireConfirmation });
    return isRepeatable ? Object.assign(made, { safeToRepeat: true }) : made;
  };
  const rootAgent = new LlmAgent({
    name: 'root',
    model: MODEL,
    tools: [tool('look', true), tool('book', false), tool('ask', false, true)],
  });
  return prepareAgent(rootAgent);
}
