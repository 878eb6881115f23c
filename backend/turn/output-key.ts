import { isFinalResponse, isLlmAgent, type BaseAgent, type Event, type LlmAgent } from '@google/adk';
import { validateOutput } from '../adk/validate-output.ts';
import { parseJson } from '../json/parse-json.ts';

/** An answer that an agent's outputSchema does not allow: google-adk ends the turn with it. */
export class OutputSchemaError extends Error {
  override readonly name = 'OutputSchemaError';
}

const FENCE = '```';
/** The language of a fence, and the end of its line. */
const LANGUAGE = /^\w*[ \t]*\n?/;

/**
 * What an agent's outputKey holds, as google-adk 2.13 keeps it (agents/llm_agent.py), because both share the state: all
 * texts of the agent's run joined, those beside tool calls too, without thoughts; with an outputSchema the parsed last
 * answer.
 */
export class OutputKeys {
  readonly #rootAgent: BaseAgent;
  /** By agent, of its run under way. */
  readonly #texts = new Map<string, string>();

  constructor(rootAgent: BaseAgent) {
    this.#rootAgent = rootAgent;
  }

  /**
   * Puts right what adk-js has written into the event's state, in place. Returns the error that ends the turn once the
   * event is stored, where the answer does not fit its schema.
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
      // An event without text is no answer; anything else under the key was put there by a tool.
      if (hasText && isFinal) delta[key] = '';
      else delete delta[key];
    }
    // In a loop the agent's next run begins anew.
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

/** Schemas know numbers and no bigint: only where one is needed it is tried. */
function validated(agent: LlmAgent, json: string): unknown {
  try {
    return validateOutput(agent, parseJson(json));
  } catch {
    return validateOutput(agent, JSON.parse(json));
  }
}

/** Models put Markdown's fence around JSON, whatever they were told. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const isFenced = trimmed.length >= 2 * FENCE.length && trimmed.startsWith(FENCE) && trimmed.endsWith(FENCE);
  return isFenced ? trimmed.slice(FENCE.length, -FENCE.length).replace(LANGUAGE, '').trim() : trimmed;
}

/** What adk-js takes for the answer. */
function withThoughts({ content }: Event): string {
  return (content?.parts ?? []).map(({ text }) => text ?? '').join('');
}
