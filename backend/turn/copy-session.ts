import { State, type CompositeSessionKey, type Event, type Session } from '@google/adk';
import type { Content, Part } from '@google/genai';
import { isUserScoped } from '../artifacts/artifact-names.ts';
import type { ArtifactService } from '../artifacts/artifact-service.ts';
import { isArtifactUri, readArtifactUri, toArtifactUri } from '../artifacts/artifact-uri.ts';
import { AppError } from '../errors/app-error.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { withoutRewound } from './agent-view.ts';

export interface CopyOptions {
  sessions: SessionStore;
  artifacts: ArtifactService;
  /** With all its events; not changed. */
  session: Session;
  /** The first invocation that is not copied; without one, all are. */
  beforeInvocationId: string | undefined;
  /** Overrides the copied state in the copy. */
  state: Record<string, unknown>;
}

const SHARED_PREFIXES = [State.APP_PREFIX, State.USER_PREFIX];
/**
 * State key with the secret of a session's read-only link (http/routes/share.ts): each session is shared separately.
 */
export const SHARE_KEY = 'lornu_share';
const staysBehind = (key: string): boolean =>
  key === SHARE_KEY || SHARED_PREFIXES.some((prefix) => key.startsWith(prefix));

/**
 * Creates a session that begins like this one: the events that count, and their effect on state and artifacts. To
 * google-adk it is a session like any other. State and artifacts shared by the user's sessions are not set again; the
 * events get the time of the copy, because a session's events come after its creation. Throws INVOCATION_NOT_FOUND, or
 * what the stores throw; then no copy is left.
 */
export async function copySession(options: CopyOptions): Promise<Session> {
  const { sessions, session, beforeInvocationId } = options;
  const events = withoutRewound(session.events);
  const end =
    beforeInvocationId === undefined
      ? events.length
      : events.findIndex((event) => event.invocationId === beforeInvocationId);
  if (end === -1)
    throw new AppError(
      'INVOCATION_NOT_FOUND',
      `Invocation ID not found: ${(beforeInvocationId ?? '').slice(0, 200)}`,
    );
  const { appName, userId } = session;
  const state = { ...initialState(session), ...options.state };
  const copy = await sessions.createSession({ appName, userId, state });
  try {
    for (const event of events.slice(0, end)) {
      const stateDelta = Object.fromEntries(
        Object.entries(event.actions.stateDelta).filter(
          ([key]) => !staysBehind(key) && !Object.hasOwn(options.state, key),
        ),
      );
      const artifactDelta = await copyArtifacts(options, event, copy.id);
      const content = await copyReferences(options, event.content, copy.id);
      await sessions.appendEvent({
        session: copy,
        event: {
          ...event,
          ...(content ? { content } : {}),
          actions: { ...event.actions, stateDelta, artifactDelta },
        },
      });
    }
    return copy;
  } catch (error) {
    const key = { appName, userId, sessionId: copy.id };
    await sessions.deleteSession(key);
    await options.artifacts.deleteSessionArtifacts(key);
    throw error;
  }
}

/** State that no event ever set was there from the start. */
function initialState({ state, events }: Session): Record<string, unknown> {
  const set = new Set(events.flatMap(({ actions }) => Object.keys(actions.stateDelta)));
  return Object.fromEntries(Object.entries(state).filter(([key]) => !set.has(key) && !staysBehind(key)));
}

/** Saves the versions that an event made as versions of the copy; returns their numbers there. */
async function copyArtifacts(
  { artifacts, session: { appName, userId, id } }: CopyOptions,
  { actions }: Event,
  copyId: string,
): Promise<Record<string, number>> {
  const versions = new Map<string, number>();
  for (const [filename, version] of Object.entries(actions.artifactDelta)) {
    const file = { appName, userId, filename };
    // Few artifacts an event, each in memory only once.
    const artifact = isUserScoped(filename)
      ? undefined
      : await artifacts.loadArtifact({ ...file, sessionId: id, version });
    if (isUserScoped(filename)) versions.set(filename, version);
    else if (artifact)
      versions.set(filename, await artifacts.saveArtifact({ ...file, sessionId: copyId, artifact }));
  }
  return Object.fromEntries(versions);
}

/**
 * Copies the files of a message into the new session and changes the references, which must not leave their session.
 */
async function copyReferences(
  { artifacts, session: { appName, userId, id } }: CopyOptions,
  content: Content | undefined,
  copyId: string,
): Promise<Content | undefined> {
  if (!content?.parts?.some(({ fileData }) => isArtifactUri(fileData?.fileUri ?? ''))) return content;
  const parts: Part[] = [];
  for (const part of content.parts) {
    const source = artifactIn(part.fileData?.fileUri ?? '', { appName, userId, sessionId: id });
    // One after the other, to hold only one file in memory.
    const artifact = source && (await artifacts.loadArtifact(source));
    if (!source || !artifact) {
      parts.push(part);
      continue;
    }
    const { filename } = source;
    const version = await artifacts.saveArtifact({ appName, userId, sessionId: copyId, filename, artifact });
    const key = { appName, userId, scope: { session: copyId }, filename };
    parts.push({ ...part, fileData: { ...part.fileData, fileUri: toArtifactUri(key, version) } });
  }
  return { ...content, parts };
}

/** The session's artifact with this URI. Undefined for any other URI, which is not changed. */
function artifactIn(uri: string, { appName, userId, sessionId }: CompositeSessionKey) {
  const target = readArtifactUri(uri);
  const { scope } = target?.key ?? {};
  if (!target || scope === 'user' || scope?.session !== sessionId) return undefined;
  if (target.key.appName !== appName || target.key.userId !== userId) return undefined;
  return { appName, userId, sessionId, filename: target.key.filename, version: target.version };
}
