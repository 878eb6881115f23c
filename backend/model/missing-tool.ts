import { BaseTool, getFunctionCalls, type Event, type LlmRequest, type LlmResponse } from '@google/adk';

/** Answers for a tool that the model invented, so that the model can choose again; adk-js would end the turn. */
class MissingTool extends BaseTool {
  readonly #known: string[];

  constructor(name: string, known: string[]) {
    super({ name, description: 'Not a tool of this agent.' });
    this.#known = known;
  }

  override async runAsync(): Promise<{ error: string }> {
    const choice =
      this.#known.length > 0 ? `Call one of: ${this.#known.join(', ')}.` : 'Answer without a tool.';
    return { error: `There is no tool named ${this.name}. ${choice}` };
  }
}

/** Gives each invented tool of an answer a stand-in that says so. */
export function coverMissingTools(request: LlmRequest, response: LlmResponse): void {
  if (!response.content) return;
  const known = Object.keys(request.toolsDict);
  for (const { name } of getFunctionCalls(response as Event))
    if (name && !Object.hasOwn(request.toolsDict, name))
      request.toolsDict[name] = new MissingTool(name, known);
}
