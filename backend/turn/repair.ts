import {
  getFunctionResponses,
  isBaseTool,
  isCompactedEvent,
  isFinalResponse,
  isLlmAgent,
  type BaseAgent,
  type Event,
  type Session,
} from '@google/adk';
import { openCalls } from './close-turn.ts';
import { undecidedCalls } from './confirmation-events.ts';
import { OpenAnswers } from './open-answers.ts';

/** What a turn left behind when its process died. */
export interface Remains {
  rootAgent: BaseAgent;
  session: Session;
  invocationId: string;
  /** Events of the session after this time belong to the turn; in milliseconds. */
  begunAfterMs: number;
  /** Every event that was shown, including partial ones. */
  shown: readonly Event[];
}

export interface Repair {
  /** Stored, but never shown. */
  unseen: Event[];
  /** Shown answers that were never completed. */
  answers: OpenAnswers;
  /** The event whose calls have no response, if all their tools may be called again and none asks for a confirmation. */
  toRepeat: Event | undefined;
  /** The message itself was not stored: the turn begins again. */
  isUnbegun: boolean;
}

/** Finds what must be shown, closed and repeated before a turn can continue. */
export function planRepair({ rootAgent, session, invocationId, begunAfterMs, shown }: Remains): Repair {
  const stored = session.events.filter(
    (event) => event.invocationId === invocationId && event.timestamp > begunAfterMs,
  );
  const shownWhole = new Set(shown.filter(({ partial }) => !partial).map(({ id }) => id));
  const unseen = stored.filter(
    (event) => event.author !== 'user' && !isCompactedEvent(event) && !shownWhole.has(event.id),
  );
  const answers = new OpenAnswers();
  for (const event of [...shown, ...unseen]) answers.recall(event);
  const open = openCalls(session.events, invocationId).at(-1);
  const undecided = undecidedCalls(session.events, invocationId);
  const isRepeatable = open?.calls.every(
    ({ id, name }) => !undecided.has(id) && isSafeToRepeat(rootAgent, open.event.author, name),
  );
  return {
    unseen,
    answers,
    toRepeat: isRepeatable && answers.unfinished.length === 0 ? open?.event : undefined,
    isUnbegun: stored.length === 0,
  };
}

/**
 * Whether a program without a lease, such as google-adk, has written to the session after this turn began to: the session
 * is then no longer the turn's. `begunAfterMs` as in Remains.
 */
export function isOvertaken({ events }: Session, invocationId: string, begunAfterMs: number): boolean {
  const since = events.filter(({ timestamp }) => timestamp > begunAfterMs);
  const isOurs = (event: Event): boolean => event.invocationId === invocationId;
  const first = since.findIndex(isOurs);
  return first !== -1 && !since.slice(first).every((event) => isOurs(event) || isCompactedEvent(event));
}

/** A tool declares by a property of this name that it may be called twice (docs/agents.md). */
function isSafeToRepeat(
  rootAgent: BaseAgent,
  author: string | undefined,
  toolName: string | undefined,
): boolean {
  const agent = author === undefined ? undefined : rootAgent.findAgent(author);
  if (!agent || !isLlmAgent(agent)) return false;
  const tool = agent.tools.find((candidate) => isBaseTool(candidate) && candidate.name === toolName);
  return tool !== undefined && 'safeToRepeat' in tool && tool.safeToRepeat === true;
}

/** The state of the turn after its last event: over, failed, or to be continued. */
export function turnStateOf(last: Event | undefined): 'over' | 'failed' | 'unfinished' {
  if (!last || last.author === 'user' || last.interrupted) return 'unfinished';
  // Failures of the model or the agent; an answer with an error code (a safety stop) has usage data.
  if (last.errorCode && !last.finishReason && !last.usageMetadata) return 'failed';
  if (getFunctionResponses(last).length > 0 && !last.actions.skipSummarization) return 'unfinished';
  return isFinalResponse(last) ? 'over' : 'unfinished';
}
