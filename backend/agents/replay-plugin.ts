import { BasePlugin, type BaseTool, type Context, isFunctionTool, type LlmRequest } from '@google/adk';
import { z } from 'zod';

const ANSWER = z.object({ response: z.unknown(), stateDelta: z.record(z.string(), z.unknown()).optional() });
/** ADK's built-in tools: they transfer to another agent or ask the person, and have no effect outside. */
const BUILT_IN = /^(?:transfer_to_agent|adk_request_\w+)$/u;

type Execute = (args: Record<string, unknown>, context?: Context) => unknown;

/**
 * Makes this process an evaluation candidate: model and tools are played from a cassette
 * (evaluation/cassette-server.ts). The model is reached under GOOGLE_GEMINI_BASE_URL as usual; each call names its
 * conversation. Only a tool's own function is replaced: argument checks, confirmation and callbacks are the agent's.
 */
export class ReplayPlugin extends BasePlugin {
  readonly #url: string;
  readonly #replaced = new WeakSet<BaseTool>();

  constructor(url: string) {
    super('lornu_replay');
    this.#url = url;
  }

  override async beforeModelCallback({
    callbackContext,
    llmRequest,
  }: {
    callbackContext: Context;
    llmRequest: LlmRequest;
  }) {
    const { config = {} } = llmRequest;
    const { httpOptions = {} } = config;
    const headers = { ...httpOptions.headers, 'x-lornu-replay': labelOf(callbackContext) };
    llmRequest.config = { ...config, httpOptions: { ...httpOptions, headers } };
    return undefined;
  }

  override async beforeToolCallback({
    tool,
  }: {
    tool: BaseTool;
    toolArgs: Record<string, unknown>;
    toolContext: Context;
  }) {
    if (BUILT_IN.test(tool.name) || this.#replaced.has(tool)) return undefined;
    this.#replaced.add(tool);
    const play: Execute = async (args, context) => this.#play(tool.name, args, context);
    // ADK's private field; there is no other way to replace only the function.
    if (isFunctionTool(tool)) Object.assign(tool, { execute: play });
    else tool.runAsync = async ({ args, toolContext }) => play(args, toolContext);
    return undefined;
  }

  async #play(name: string, args: Record<string, unknown>, context: Context | undefined): Promise<unknown> {
    const response = await fetch(`${this.#url}/replay/tool`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-lornu-replay': context ? labelOf(context) : '' },
      body: JSON.stringify({ id: context?.functionCallId, name, args }),
      signal: AbortSignal.timeout(10_000),
    });
    const { response: answer, stateDelta = {} } = ANSWER.parse(await response.json());
    for (const [key, value] of Object.entries(stateDelta)) context?.state.set(key, value);
    return answer;
  }
}

const labelOf = ({ invocationContext }: Context): string =>
  [invocationContext.session.id, invocationContext.agent?.name ?? ''].map(encodeURIComponent).join('/');
