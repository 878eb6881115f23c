import { parseExactly } from '../util/exact-json.ts';
import { getJson, jsonBody, request, sendJson, toPath } from './http.ts';
import type { AppSummary, Person, ServiceInfo, Session } from './types.ts';
import { Problem } from './problem.ts';

export interface Owner {
  appName: string;
  userId: string;
}

/** ADK's own web page reads a conversation's name from here, so a title given by one page shows in the other. */
const METADATA_KEY = '__session_metadata__';

function sessionsPath({ appName, userId }: Owner, ...rest: string[]): string {
  return toPath('apps', appName, 'users', userId, 'sessions', ...rest);
}

/** The agents that can be talked to; of google-adk's own server names and descriptions alone. */
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

/** Where a person signs in, and comes back from. */
export const SIGN_IN_PATH = '/auth/login';

/** Ends the person's session with the service; gives the address to go on to: the issuer's own end, or a page that says so. */
export async function signOut(): Promise<string> {
  const { next } = await sendJson<{ next: string }>('POST', '/auth/logout');
  return next;
}

/** Who is signed in; where the service has no sign-in, the one local user that ADK's own page uses too. */
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

/** A person's newest conversations, at most `limit`; a service without paging (google-adk's own) gives all. */
export async function listSessions(owner: Owner, limit: number): Promise<SessionPage> {
  const response = await request(`${sessionsPath(owner)}?limit=${limit}`);
  const listed = parseExactly(await response.text()) as Session[];
  const sessions = listed.toSorted((a, b) => (b.lastUpdateTime ?? 0) - (a.lastUpdateTime ?? 0));
  return { sessions, hasMore: response.headers.has('x-next-cursor') };
}

export function getSession(owner: Owner, sessionId: string, signal?: AbortSignal): Promise<Session> {
  return getJson<Session>(sessionsPath(owner, sessionId), signal ? { signal } : {});
}

export function createSession(owner: Owner, title: string): Promise<Session> {
  return sendJson<Session>('POST', sessionsPath(owner), {
    state: titleState(title),
  });
}

export function deleteSession(owner: Owner, sessionId: string): Promise<null> {
  return sendJson<null>('DELETE', sessionsPath(owner, sessionId));
}

/** Takes back the turn `rewindBeforeInvocationId` and all later ones, including their changes of state and artifacts. */
export function rewindSession(
  { appName, userId }: Owner,
  sessionId: string,
  rewindBeforeInvocationId: string,
): Promise<Session> {
  const path = toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'rewind');
  return sendJson('POST', path, { rewindBeforeInvocationId });
}

/** A copy of a conversation up to before a turn; `state` is set in it over what is copied. */
export function copySession(
  { appName, userId }: Owner,
  sessionId: string,
  beforeInvocationId: string,
  state: Record<string, unknown>,
): Promise<Session> {
  const path = toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'copy');
  return sendJson('POST', path, { beforeInvocationId, state });
}

/** Changes a conversation's state without a turn; keys that are not named stay. */
export function changeState(
  owner: Owner,
  sessionId: string,
  stateDelta: Record<string, unknown>,
): Promise<Session> {
  return sendJson('PATCH', sessionsPath(owner, sessionId), { stateDelta });
}

/** Makes a conversation of events that were kept elsewhere. */
export function restoreSession(
  owner: Owner,
  session: { state: Record<string, unknown>; events: unknown[] },
): Promise<Session> {
  return sendJson('POST', sessionsPath(owner), session);
}

export interface Found {
  sessionId: string;
  invocationId: string;
  excerpt: string;
}

/** Conversations in which the words were said, of a page of them; `next` is where the next page begins. */
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

/** The state that names a conversation. */
export const titleState = (title: string): Record<string, unknown> => ({
  [METADATA_KEY]: { displayName: title },
});

/** The conversation's name, where one was stored. */
export function readTitle(session: Session): string | undefined {
  const metadata = session.state?.[METADATA_KEY];
  if (typeof metadata !== 'object' || metadata === null || !('displayName' in metadata)) return undefined;
  return typeof metadata.displayName === 'string' ? metadata.displayName : undefined;
}
