import { BasePlugin, type LlmRequest } from '@google/adk';

const GO_ON =
  'Go on with your answer from exactly where it stops above, in the middle of a word if need be. Repeat nothing of it and do not mention the interruption.';

/**
 * Asks the model to continue if the conversation ends with its own, interrupted answer; only in the request, never
 * stored.
 */
export class GoOnPlugin extends BasePlugin {
  constructor() {
    super('lornu_go_on');
  }

  override async beforeModelCallback({ llmRequest }: { llmRequest: LlmRequest }): Promise<undefined> {
    if (llmRequest.contents.at(-1)?.role === 'model')
      llmRequest.contents.push({ role: 'user', parts: [{ text: GO_ON }] });
  }
}
