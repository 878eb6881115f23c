import type { AdkEvent } from '../api/types.ts';
import type { ConversationState } from './conversation-state.ts';
import { toFailureWords } from './failure-words.ts';
import { groupByTurn, toTurn, withoutRewound } from './to-turns.ts';

/** What a screen reader says; the words themselves are read from the conversation, not token by token. */
export function announce({
  phase,
  events,
  problem,
}: Pick<ConversationState, 'phase' | 'events' | 'problem'>): string {
  if (phase === 'waiting') return 'The agent is working.';
  if (phase === 'streaming') return 'The answer is coming.';
  if (phase === 'lost') return 'The connection is lost.';
  // The notice of a problem is an alert, which speaks for itself.
  if (phase !== 'idle' || problem || events.length === 0) return '';
  return toEnd(events);
}

/** How the last turn ended. */
function toEnd(events: readonly AdkEvent[]): string {
  const items = toTurn(groupByTurn(withoutRewound(events)).at(-1) ?? [], 0).items;
  const last = items.at(-1);
  if (last?.kind === 'error') return `The answer failed. ${toFailureWords(last.code).message}`;
  if (last?.kind === 'interrupted') return 'The answer was stopped before its end.';
  if (items.some((item) => item.kind === 'tool' && item.state === 'waiting'))
    return 'The agent asks you to approve something.';
  return last ? 'The answer is complete.' : '';
}
