import type { Content, FunctionCall, FunctionResponse, Part } from '@google/genai';
import { isObject } from '../json/is-object.ts';

/** One step of a conversation: an event of a session or a content of a request. */
export interface Turn {
  content?: Content;
}

export interface PairingRules<T extends Turn> {
  /** Whether the turn's calls were made by the model; other calls are removed. */
  isModels: (turn: T) => boolean;
  /** Calls and responses of this name belong to the framework and are removed. */
  isInternal?: (name: string | undefined) => boolean;
  /** Gives every call a unique id. The ids begin with `adk-`, and ADK removes such ids from the request. */
  makesIds?: boolean;
  /**
   * If the last turn answers an older call, drops the turns in between, as ADK does in both languages: the model should
   * continue from that response. The next request has them all again.
   */
  endsAtLateAnswer?: boolean;
}

/** Name for a call without one: Gemini refuses empty names. */
export const UNNAMED_FUNCTION = 'unnamed_function';

const NOT_RECORDED = {
  error: 'No answer to this call has been recorded. It is not known whether the call took effect.',
};

/**
 * Brings function calls and responses into the form that Gemini requires (docs/history.md): each turn with calls is
 * followed by one turn with exactly one response per call, in the same order, with their names and ids. The newest
 * response of a call counts; a call without one gets a response that says so; a response without a call is dropped.
 * Returns the same array if nothing differs, and never changes a turn.
 */
export function pairCalls<T extends Turn>(turns: T[], rules: PairingRules<T>): T[] {
  return isPaired(turns, rules) ? turns : repaired(turns, rules);
}

/** Whether a part holds no data; Gemini refuses such parts. A signature is data: it is sent back unchanged. */
export function saysNothing(part: Part): boolean {
  if (part.text) return false;
  return Object.entries(part).every(
    ([field, value]) =>
      value === undefined || value === null || field === 'thought' || (field === 'text' && value === ''),
  );
}

const NONE: readonly FunctionCall[] = [];

/** Checks turns in their order: whether their calls and responses are in the form that Gemini requires. */
export class PairingCheck<T extends Turn> {
  readonly #rules: PairingRules<T>;
  readonly #ids = new Set<string>();
  #open = NONE;

  constructor(rules: PairingRules<T>) {
    this.#rules = rules;
  }

  /** Whether every call so far has its response. */
  get isComplete(): boolean {
    return this.#open.length === 0;
  }

  /** Whether the next turn is in this form; after one that is not, nothing more is known. */
  accepts(turn: T): boolean {
    const { isModels, isInternal, makesIds } = this.#rules;
    const parts = turn.content?.parts ?? [];
    // Most turns have no calls: an array for each event of a long session costs as much as the rest.
    let calls = NONE;
    let answered = 0;
    for (const part of parts) {
      const { functionCall: call, functionResponse: response } = part;
      if (call) {
        const hasArgs = call.args === undefined || isObject(call.args);
        if (part.text || !textOf(call.name) || !hasArgs || isInternal?.(call.name)) return false;
        if ((call.id ?? undefined) !== textOf(call.id)) return false;
        if (makesIds && (!call.id || this.#ids.has(call.id))) return false;
        this.#ids.add(call.id ?? '');
        calls = [...calls, call];
      } else if (response) {
        const expected = this.#open[answered++];
        if (!expected || response.id !== expected.id || response.name !== expected.name) return false;
        if (!isObject(response.response)) return false;
      } else if (saysNothing(part)) return false;
    }
    if (answered !== this.#open.length || (answered > 0 && answered !== parts.length)) return false;
    if (calls.length > 0 && (turn.content?.role !== 'model' || !isModels(turn))) return false;
    this.#open = calls;
    return true;
  }
}

function isPaired<T extends Turn>(turns: T[], rules: PairingRules<T>): boolean {
  const check = new PairingCheck(rules);
  return turns.every((turn) => check.accepts(turn)) && check.isComplete;
}

interface Call {
  call: FunctionCall;
  turn: number;
  answer?: FunctionResponse;
}

function repaired<T extends Turn>(turns: T[], rules: PairingRules<T>): T[] {
  const { isModels, isInternal, makesIds, endsAtLateAnswer } = rules;
  const calls = turns.map((turn, index) =>
    !isModels(turn)
      ? []
      : (turn.content?.parts ?? []).flatMap(({ functionCall }): Call[] =>
          functionCall && !isInternal?.(functionCall.name) ? [{ call: functionCall, turn: index }] : [],
        ),
  );
  const find = finderOf(calls);
  let end = turns.length;
  for (const [index, { content }] of turns.entries()) {
    let answeredTurn = -1;
    for (const { functionResponse } of content?.parts ?? []) {
      if (!functionResponse || isInternal?.(functionResponse.name)) continue;
      const answered = find(functionResponse, index);
      if (!answered) continue;
      answered.answer = functionResponse;
      answeredTurn = Math.max(answeredTurn, answered.turn);
    }
    const hasMore = calls[index]!.length > 0 || (content?.parts ?? []).some(isPlain);
    if (hasMore) end = turns.length;
    else if (answeredTurn >= 0) end = answeredTurn + 1;
  }

  const ids = new Set<string>();
  const result: T[] = [];
  for (const [index, turn] of turns.slice(0, endsAtLateAnswer ? end : turns.length).entries()) {
    const { content } = turn;
    if (!content?.parts?.length) {
      result.push(turn);
      continue;
    }
    const named = calls[index]!.map(({ call, answer }, position): [FunctionCall, FunctionResponse] => {
      const name = textOf(call.name) || UNNAMED_FUNCTION;
      const own = textOf(call.id);
      const isTaken = !own || ids.has(own);
      const id = makesIds && isTaken ? `adk-call-${index}-${position}` : own;
      ids.add(id ?? '');
      const { response, ...more } = answer ?? {};
      return [
        { ...call, id, name, args: isObject(call.args) ? call.args : {} },
        { ...more, id, name, response: answer ? toObject(response) : NOT_RECORDED },
      ];
    });
    let position = 0;
    const parts = content.parts.flatMap((part): Part[] => {
      if (isPlain(part)) return [part];
      const { functionCall, functionResponse: _response, text, ...more } = part;
      const isKept = functionCall === calls[index]![position]?.call && functionCall !== undefined;
      const words = text ? [{ text }] : [];
      return isKept ? [...words, { ...more, functionCall: named[position++]![0] }] : words;
    });
    if (parts.length === 0) continue;
    const role = named.length > 0 ? 'model' : content.role;
    result.push({ ...turn, content: { ...content, role, parts } });
    if (named.length === 0) continue;
    const answers = named.map(([, functionResponse]) => ({ functionResponse }));
    result.push({ ...turn, content: { role: 'user', parts: answers } });
  }
  return result;
}

const isPlain = (part: Part): boolean => !part.functionCall && !part.functionResponse && !saysNothing(part);

/**
 * Finds the call for a response: by id, in the nearest earlier turn, else in a later one; without ids, the nearest
 * unanswered call of that name.
 */
function finderOf(calls: Call[][]): (response: FunctionResponse, turn: number) => Call | undefined {
  const byId = Map.groupBy(
    calls.flat().filter(({ call }) => call.id),
    ({ call }) => call.id,
  );
  return ({ id, name }, turn) => {
    const same = (id && byId.get(id)) || [];
    const nearest = same.findLast((call) => call.turn <= turn) ?? same[0];
    if (nearest) {
      const beside = same.filter((call) => call.turn === nearest.turn);
      return beside.find(({ answer }) => !answer) ?? beside.at(-1);
    }
    for (let index = turn; index >= 0; index--)
      for (const candidate of calls[index]!) {
        const { call, answer } = candidate;
        if (!answer && !(id && call.id) && (!name || !call.name || call.name === name)) return candidate;
      }
    return undefined;
  };
}

/** Other writers may have stored something else, such as a number. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Wraps a response that is not an object under ADK's key. */
function toObject(response: unknown): Record<string, unknown> {
  if (isObject(response)) return response;
  return Array.isArray(response) ? { results: response } : { result: response ?? null };
}
