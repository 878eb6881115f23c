import { BasePlugin, type BaseTool, type Context, isFunctionTool, type LlmRequest } from '@google/adk';
import { z } from 'zod';

const ANSWER = z.object({ response: z.unknown(), stateDelta: z.record(z.string(), z.unknown()).optional() });
/** ADK's built-in tools: they transfer to another agent or ask the person, and have no effect outside. */
const BUILT_IN = /^(?:transfer_to_agent|adk_request_\w+)$/u;

type Execute = (args: Record<string, unknown>, context?: Context) => unknown;

/** The recorded answer of a tool in a candidate, and its change of the session's state. */
export type PlayedAnswer = z.infer<typeof ANSWER>;

/** Returns the answer for a tool's function. If undefined, the function itself runs. */
export type PlayTool = (
  call: { id: string | undefined; name: string; args: Record<string, unknown> },
  context: Context | undefined,
) => Promise<PlayedAnswer | undefined>;

/**
 * Replaces what the tools of an evaluation candidate do. Only a tool's own function is replaced: argument checks,
 * confirmation and callbacks are the agent's.
 */
export class PlayedToolsPlugin extends BasePlugin {
  readonly #answer: PlayTool;
  readonly #replaced = new WeakSet<BaseTool>();

  constructor(name: string, answer: PlayTool) {
    super(name);
    this.#answer = answer;
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
    const { name } = tool;
    const play =
      (own: Execute): Execute =>
      async (args, context) => {
        const played = await this.#answer({ id: context?.functionCallId, name, args }, context);
        if (!played) return own(args, context);
        for (const [key, value] of Object.entries(played.stateDelta ?? {})) context?.state.set(key, value);
        return played.response;
      };
    // ADK's private field; there is no other way to replace only the function.
    const inner = tool as unknown as { execute: Execute };
    if (isFunctionTool(tool)) inner.execute = play(inner.execute.bind(tool));
    else {
      const own = tool.runAsync.bind(tool);
      const played = play(async (args, toolContext) => own({ args, toolContext: toolContext as Context }));
      tool.runAsync = async ({ args, toolContext }) => played(args, toolContext);
    }
    return undefined;
  }
}

/**
 * Makes this process an evaluation candidate: model and tools are played from a cassette
 * (evaluation/cassette-server.ts). The model is reached under GOOGLE_GEMINI_BASE_URL as usual; each call names its
 * conversation.
 */
export class ReplayPlugin extends PlayedToolsPlugin {
  constructor(url: string) {
    super('lornu_replay', async ({ id, name, args }, context) => {
      const response = await fetch(`${url}/replay/tool`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-lornu-replay': context ? labelOf(context) : '' },
        body: JSON.stringify({ id, name, args }),
        signal: AbortSignal.timeout(10_000),
      });
      return ANSWER.parse(await response.json());
    });
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
}

const labelOf = ({ invocationContext }: Context): string =>
  [invocationContext.session.id, invocationContext.agent?.name ?? ''].map(encodeURIComponent).join('/');
