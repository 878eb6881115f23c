import type { AdkEvent } from '../api/types.ts';
import { lacksAnswer, type ConversationState } from './conversation-state.ts';
import { toFailureWords } from './failure-words.ts';
import { lastTurn } from './to-turns.ts';
import type { Turn } from './turn.ts';

export interface Announcement {
  words: string;
  /** Whether it interrupts other announcements. */
  isUrgent: boolean;
}

/** Also shown below the message. */
export const NO_ANSWER = 'This message has no answer.';
const NOTHING: Announcement = { words: '', isUrgent: false };

/** The announcement for a conversation's state; the answer's text is announced sentence by sentence (sentences.ts). */
export function announce(
  state: Pick<ConversationState, 'phase' | 'events' | 'problem'> &
    Partial<Pick<ConversationState, 'upload' | 'hasRun'>>,
): Announcement {
  const { phase, events, problem, upload } = state;
  if (upload) return { words: `Uploading ${upload.name}.`, isUrgent: false };
  if (phase === 'waiting') return { words: 'The agent is working.', isUrgent: false };
  if (phase === 'lost') return { words: 'The connection is lost.', isUrgent: true };
  // A problem's notice is an alert, which is announced by itself.
  if (phase !== 'idle' || problem || events.length === 0) return NOTHING;
  return lacksAnswer(state) ? { words: NO_ANSWER, isUrgent: true } : toEnd(lastTurn(events));
}

/** The text of the last turn, without thoughts. */
export function lastWords(events: readonly AdkEvent[]): string {
  return lastTurn(events)
    .items.flatMap((item) => (item.kind === 'text' && !item.thought ? item.text : []))
    .join('\n');
}

/** The announcement of how a turn ended. */
function toEnd({ items }: Turn): Announcement {
  const last = items.at(-1);
  if (last?.kind === 'error')
    return { words: `The answer failed. ${toFailureWords(last.code, last.message).message}`, isUrgent: true };
  if (last?.kind === 'interrupted')
    return { words: 'The answer was stopped before its end.', isUrgent: true };
  if (items.some((item) => item.kind === 'tool' && item.state === 'waiting'))
    return { words: 'The agent asks you to approve something.', isUrgent: true };
  return last ? { words: 'The answer is complete.', isUrgent: false } : NOTHING;
}
