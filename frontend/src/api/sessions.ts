import { parseExactly } from '../util/exact-json.ts';
import { getJson, jsonBody, request, sendJson, toPath } from './http.ts';
import type { AppSummary, Person, ServiceInfo, Session } from './types.ts';
import { Problem } from './problem.ts';
import { readSession } from './read-event.ts';

export interface Owner {
  appName: string;
  userId: string;
}

/**
 * State key from which ADK's own web page reads a conversation's name, so a title set by one page shows in the other.
 */
const METADATA_KEY = '__session_metadata__';

function sessionsPath({ appName, userId }: Owner, ...rest: string[]): string {
  return toPath('apps', appName, 'users', userId, 'sessions', ...rest);
}

/** The agents to talk to; google-adk's own server only returns names and descriptions. */
export async function listApps(): Promise<AppSummary[]> {
  try {
    return (await getJson<{ apps: AppSummary[] }>('/api/v1/apps')).apps;
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
    return (await getJson<{ apps: AppSummary[] }>('/list-apps?detailed=true')).apps;
  }
}

export function getServiceInfo(): Promise<ServiceInfo> {
  return getJson<ServiceInfo>('/version');
}

/** Where a person signs in. */
export const SIGN_IN_PATH = '/auth/login';

/**
 * Ends the person's session with the service; returns the next address: the issuer's logout, or a page that says so.
 */
export async function signOut(): Promise<string> {
  const { next } = await sendJson<{ next: string }>('POST', '/auth/logout');
  return next;
}

/** The signed-in person; without sign-in, the local user that ADK's own page uses too. */
export async function getPerson(): Promise<Person> {
  try {
    return await getJson<Person>('/api/v1/me');
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return { userId: 'user' };
    throw error;
  }
}

export interface SessionPage {
  sessions: Session[];
  /** Whether there are older ones. */
  hasMore: boolean;
}

/** A person's newest conversations, at most `limit`; a service without paging (google-adk's own) returns all. */
export async function listSessions(owner: Owner, limit: number): Promise<SessionPage> {
  const response = await request(`${sessionsPath(owner)}?limit=${limit}`);
  const listed = parseExactly(await response.text()) as Session[];
  const sessions = listed.toSorted((a, b) => (b.lastUpdateTime ?? 0) - (a.lastUpdateTime ?? 0));
  return { sessions, hasMore: response.headers.has('x-next-cursor') };
}

export async function getSession(owner: Owner, sessionId: string, signal?: AbortSignal): Promise<Session> {
  return readSession(await getJson<Session>(sessionsPath(owner, sessionId), signal ? { signal } : {}));
}

export function createSession(owner: Owner, title: string): Promise<Session> {
  return sendJson<Session>('POST', sessionsPath(owner), {
    state: titleState(title),
  });
}

export function deleteSession(owner: Owner, sessionId: string): Promise<null> {
  return sendJson<null>('DELETE', sessionsPath(owner, sessionId));
}

/** Rewinds the turn `rewindBeforeInvocationId` and all later ones, including their changes of state and artifacts. */
export async function rewindSession(
  { appName, userId }: Owner,
  sessionId: string,
  rewindBeforeInvocationId: string,
): Promise<Session> {
  const path = toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'rewind');
  return readSession(await sendJson<Session>('POST', path, { rewindBeforeInvocationId }));
}

/** Copies a conversation up to before a turn; `state` overrides the copied state. */
export function copySession(
  { appName, userId }: Owner,
  sessionId: string,
  beforeInvocationId: string,
  state: Record<string, unknown>,
): Promise<Session> {
  const path = toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'copy');
  return sendJson('POST', path, { beforeInvocationId, state });
}

/** Changes a conversation's state without a turn; other keys are kept. */
export function changeState(
  owner: Owner,
  sessionId: string,
  stateDelta: Record<string, unknown>,
): Promise<Session> {
  return sendJson('PATCH', sessionsPath(owner, sessionId), { stateDelta });
}

/** Creates a conversation from exported events. */
export function restoreSession(
  owner: Owner,
  session: { sessionId: string; state: Record<string, unknown>; events: unknown[] },
): Promise<Session> {
  return sendJson('POST', sessionsPath(owner), session);
}

export interface Found {
  sessionId: string;
  invocationId: string;
  excerpt: string;
}

/** One page of conversations whose text contains the words; `next` is the cursor of the next page. */
export async function searchTexts(
  { appName, userId }: Owner,
  words: string,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<{ found: Found[]; next: string | undefined }> {
  const response = await request(toPath('api', 'v1', 'apps', appName, 'users', userId, 'search'), {
    ...jsonBody('POST', { q: words, cursor }),
    signal,
  });
  const { found } = parseExactly(await response.text()) as { found: Found[] };
  return { found, next: response.headers.get('x-next-cursor') ?? undefined };
}

/** US dollars that a turn's model calls cost; undefined where a model has no price, or the service does not count. */
export async function getCost(
  owner: Owner,
  sessionId: string,
  invocationId: string,
): Promise<number | undefined> {
  const path = toPath(
    'api',
    'v1',
    'apps',
    owner.appName,
    'users',
    owner.userId,
    'sessions',
    sessionId,
    'usage',
  );
  const { turns } = await getJson<{ turns: { invocationId: string; costUsd?: number }[] }>(path);
  return turns.find((turn) => turn.invocationId === invocationId)?.costUsd;
}

/** The state that names a conversation. */
export const titleState = (title: string): Record<string, unknown> => ({
  [METADATA_KEY]: { displayName: title },
});

/** The conversation's name, if one was stored. */
export function readTitle(session: Session): string | undefined {
  const metadata = session.state?.[METADATA_KEY];
  if (typeof metadata !== 'object' || metadata === null || !('displayName' in metadata)) return undefined;
  return typeof metadata.displayName === 'string' ? metadata.displayName : undefined;
}
