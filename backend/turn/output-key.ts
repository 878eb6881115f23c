import { isFinalResponse, isLlmAgent, type BaseAgent, type Event, type LlmAgent } from '@google/adk';
import { validateOutput } from '../adk/validate-output.ts';
import { parseJson } from '../json/parse-json.ts';

/** An answer that does not match the agent's outputSchema; it ends the turn, as in google-adk. */
export class OutputSchemaError extends Error {
  override readonly name = 'OutputSchemaError';
}

const FENCE = '```';
/** The language of a fence, and the end of its line. */
const LANGUAGE = /^\w*[ \t]*\n?/;

/**
 * The value of an agent's outputKey, as google-adk 2.13 computes it (agents/llm_agent.py), because both share the
 * state: all texts of the agent's run joined, including those beside tool calls, without thoughts; with an outputSchema
 * the parsed last answer.
 */
export class OutputKeys {
  readonly #rootAgent: BaseAgent;
  /** Texts of the current run, by agent. */
  readonly #texts = new Map<string, string>();

  constructor(rootAgent: BaseAgent) {
    this.#rootAgent = rootAgent;
  }

  /**
   * Corrects the value that adk-js has written into the event's state, in place. If the answer does not match its
   * schema, returns the error that ends the turn once the event is stored.
   */
  correct(event: Event): OutputSchemaError | undefined {
    const agent = this.#rootAgent.findAgent(event.author ?? '');
    if (!agent || !isLlmAgent(agent) || !agent.outputKey) return undefined;
    const parts = event.content?.parts ?? [];
    const texts = parts.filter(({ text, thought }) => text !== undefined && !thought);
    const text = texts.map((part) => part.text).join('');
    return agent.outputSchema
      ? this.#parse(agent, event, text)
      : this.#join(agent, event, text, texts.length > 0);
  }

  #join(agent: LlmAgent, event: Event, text: string, hasText: boolean): undefined {
    const { outputKey: key = '', name } = agent;
    const delta = event.actions.stateDelta;
    const isFinal = isFinalResponse(event);
    if (text !== '') {
      const joined = (this.#texts.get(name) ?? '') + text;
      this.#texts.set(name, joined);
      delta[key] = joined;
    } else if (delta[key] === withThoughts(event)) {
      // An event without text is no answer; any other value of the key was set by a tool.
      if (hasText && isFinal) delta[key] = '';
      else delete delta[key];
    }
    // In a loop the agent's next run starts over.
    if (isFinal) this.#texts.delete(name);
  }

  #parse(agent: LlmAgent, event: Event, text: string): OutputSchemaError | undefined {
    const key = agent.outputKey ?? '';
    const delta = event.actions.stateDelta;
    if (!isFinalResponse(event) || event.content?.parts?.every((part) => part.text === undefined))
      return undefined;
    delete delta[key];
    if (text.trim() === '') return undefined;
    try {
      delta[key] = validated(agent, withoutFence(text));
      return undefined;
    } catch (error) {
      return new OutputSchemaError(`The answer of ${agent.name} does not fit its output schema.`, {
        cause: error,
      });
    }
  }
}

/** Schemas know numbers and no bigint, so a bigint is only tried where one is needed. */
function validated(agent: LlmAgent, json: string): unknown {
  const exact = parseJson(json);
  try {
    return validateOutput(agent, exact);
  } catch {
    return validateOutput(agent, JSON.parse(json));
  }
}

/** Models put Markdown fences around JSON, whatever they were told. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const isFenced = trimmed.length >= 2 * FENCE.length && trimmed.startsWith(FENCE) && trimmed.endsWith(FENCE);
  return isFenced ? trimmed.slice(FENCE.length, -FENCE.length).replace(LANGUAGE, '').trim() : trimmed;
}

/** The text that adk-js takes for the answer. */
function withThoughts({ content }: Event): string {
  return (content?.parts ?? []).map(({ text }) => text ?? '').join('');
}
