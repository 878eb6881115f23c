import { createEventActions, State, type Session } from '@google/adk';
import { rewindTombstone, type ArtifactService } from '../artifacts/artifact-service.ts';
import { isUserScoped } from '../artifacts/artifact-names.ts';
import { AppError } from '../errors/app-error.ts';
import { newInvocationId } from '../events/ids.ts';
import { serviceEvent } from '../events/service-event.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { withoutRewound } from './agent-view.ts';

export interface RewindOptions {
  sessions: SessionStore;
  artifacts: ArtifactService;
  /** With all its events; updated to the rewound state. */
  session: Session;
  /** The first invocation that no longer counts. */
  beforeInvocationId: string;
  now: () => number;
}

const SHARED_PREFIXES = [State.APP_PREFIX, State.USER_PREFIX, State.TEMP_PREFIX];

/**
 * Rewinds a conversation to before an invocation, like Python ADK's Runner.rewind_async: nothing is deleted; an event
 * is added that says so and reverses the later changes of the session's state and artifacts. State of the app and the
 * user, and artifacts shared by the user's sessions, are not changed. Throws INVOCATION_NOT_FOUND, also if the
 * invocation has been rewound already, or what the stores throw.
 */
export async function rewindSession(options: RewindOptions): Promise<void> {
  const { sessions, session, beforeInvocationId } = options;
  // Another device may have rewound it before: what was said since then must not be reversed.
  const first = withoutRewound(session.events).find(
    ({ invocationId }) => invocationId === beforeInvocationId,
  );
  if (!first) {
    throw new AppError(
      'INVOCATION_NOT_FOUND',
      `Invocation ID not found: ${beforeInvocationId.slice(0, 200)}`,
    );
  }
  const at = session.events.indexOf(first);
  const event = serviceEvent({
    invocationId: newInvocationId(),
    author: 'user',
    timestamp: options.now(),
    actions: Object.assign(
      createEventActions({
        stateDelta: stateReversal(session, at),
        artifactDelta: await artifactReversal(options, at),
      }),
      // Part of Python ADK's actions and the wire, but not of adk-js's type.
      { rewindBeforeInvocationId: beforeInvocationId },
    ),
  });
  await sessions.appendEvent({ session, event });
}

/**
 * The changes that restore the session's own state before event `at`. A key that no event ever set was there from the
 * start and stays; Python ADK removes it.
 */
function stateReversal({ events, state }: Session, at: number): Record<string, unknown> {
  const before = new Map<string, unknown>();
  const touched = new Set<string>();
  for (const [index, { actions }] of events.entries()) {
    for (const [key, value] of Object.entries(actions.stateDelta)) {
      if (SHARED_PREFIXES.some((prefix) => key.startsWith(prefix))) continue;
      if (index >= at) touched.add(key);
      else if (value === null || value === undefined) before.delete(key);
      else before.set(key, value);
    }
  }
  const reversal: Record<string, unknown> = {};
  for (const key of touched) {
    if (!before.has(key)) {
      if (state[key] !== undefined && state[key] !== null) reversal[key] = null;
    } else if (!Bun.deepEquals(state[key], before.get(key))) reversal[key] = before.get(key);
  }
  return reversal;
}

/**
 * Saves the earlier version as a new one of each artifact of the session that changed since; returns the new numbers.
 */
async function artifactReversal(
  { artifacts, session }: RewindOptions,
  at: number,
): Promise<Record<string, number>> {
  const versionsOf = (upTo: number): Map<string, number> =>
    new Map(session.events.slice(0, upTo).flatMap(({ actions }) => Object.entries(actions.artifactDelta)));
  const before = versionsOf(at);
  const now = versionsOf(session.events.length);
  const { appName, userId, id: sessionId } = session;
  const reversal = new Map<string, number>();
  for (const [filename, version] of now) {
    if (isUserScoped(filename) || before.get(filename) === version) continue;
    const file = { appName, userId, sessionId, filename };
    const earlier = before.get(filename);
    // Few artifacts, and a failure must leave the later ones untouched.
    const artifact =
      earlier === undefined ? undefined : await artifacts.loadArtifact({ ...file, version: earlier });
    reversal.set(
      filename,
      await artifacts.saveArtifact({ ...file, artifact: artifact ?? rewindTombstone() }),
    );
  }
  return Object.fromEntries(reversal);
}
