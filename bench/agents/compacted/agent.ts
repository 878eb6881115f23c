import {
  createEvent,
  LlmAgent,
  TokenBasedContextCompactor,
  type CompactedEvent,
  type Event,
} from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

/** Sends a history that a summary keeps short, as a long conversation should. */
export const rootAgent = new LlmAgent({
  name: 'compacted',
  model: MODEL,
  instruction: 'Answer.',
  contextCompactors: [
    new TokenBasedContextCompactor({
      tokenThreshold: 2_000,
      eventRetentionSize: 10,
      // The stand-in repeats its prompt, and a summary of that length would never be short enough.
      summarizer: { summarize: async (events) => shortSummary(events) },
    }),
  ],
});

function shortSummary(events: readonly Event[]): CompactedEvent {
  return {
    ...createEvent({ author: 'compacted' }),
    isCompacted: true,
    startTime: events[0]?.timestamp ?? 0,
    endTime: events.at(-1)?.timestamp ?? 0,
    compactedContent: 'They talked about the staging environment.',
  };
}
