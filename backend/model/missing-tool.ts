import { BaseTool, getFunctionCalls, type Event, type LlmRequest, type LlmResponse } from '@google/adk';
import { UNNAMED_FUNCTION } from './pair-calls.ts';

/** Stands in for a tool that the model invented, so that the model can choose again; adk-js would end the turn. */
class MissingTool extends BaseTool {
  readonly #known: string[];

  constructor(name: string, known: string[]) {
    super({ name, description: 'Not a tool of this agent.' });
    this.#known = known;
  }

  /** Throws: the call counts as failed, and ADK passes the sentence to the model. */
  override async runAsync(): Promise<never> {
    const choice =
      this.#known.length > 0 ? `Call one of: ${this.#known.join(', ')}.` : 'Answer without a tool.';
    const what =
      this.name === UNNAMED_FUNCTION ? 'The call has no name.' : `There is no tool named ${this.name}.`;
    throw new Error(`${what} ${choice}`);
  }
}

/** Adds a MissingTool for each invented tool of an answer and for each call without a name. */
export function coverMissingTools(request: LlmRequest, response: LlmResponse): void {
  if (!response.content) return;
  const known = Object.keys(request.toolsDict);
  for (const call of getFunctionCalls(response as Event)) {
    const name = (call.name ||= UNNAMED_FUNCTION);
    if (!Object.hasOwn(request.toolsDict, name)) request.toolsDict[name] = new MissingTool(name, known);
  }
}
