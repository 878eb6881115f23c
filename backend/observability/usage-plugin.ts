import { BasePlugin, type Event } from '@google/adk';
import type { Metrics } from './metrics.ts';

/** Counts the tokens of each model answer, as Gemini counted them; partial answers repeat the figures and are skipped. */
export class UsagePlugin extends BasePlugin {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    super('lornu_usage');
    this.#metrics = metrics;
  }

  override async onEventCallback({ event }: { event: Event }): Promise<Event | undefined> {
    const { usageMetadata, partial, modelVersion } = event;
    if (usageMetadata && !partial) {
      this.#metrics.tokens({
        model: modelVersion ?? 'unknown',
        input: usageMetadata.promptTokenCount ?? 0,
        output: (usageMetadata.candidatesTokenCount ?? 0) + (usageMetadata.thoughtsTokenCount ?? 0),
      });
    }
    return undefined;
  }
}
