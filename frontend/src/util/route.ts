import { useSyncExternalStore } from 'react';

/** Where the page is: an agent and perhaps a conversation. Kept in the fragment, so a refresh and a bookmark come back. */
export interface Route {
  appName?: string;
  sessionId?: string;
}

export function parseRoute(hash: string): Route {
  const [appName, sessionId] = hash.replace(/^#\/?/u, '').split('/').map(decode);
  return { ...(appName ? { appName } : {}), ...(sessionId ? { sessionId } : {}) };
}

export function toHash({ appName, sessionId }: Route): string {
  return `#/${[appName, sessionId]
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join('/')}`;
}

/** What a link names: whose conversation, and the secret that opens it. */
export interface SharedLink {
  appName: string;
  ownerId: string;
  sessionId: string;
  secret: string;
}

/** No folder of an agent is called this. */
const SHARED = '~shared';

export function toSharedHash({ appName, ownerId, sessionId, secret }: SharedLink): string {
  return `#/${[SHARED, appName, ownerId, sessionId, secret].map(encodeURIComponent).join('/')}`;
}

export function parseSharedHash(hash: string): SharedLink | undefined {
  const [first, appName, ownerId, sessionId, secret] = hash.replace(/^#\/?/u, '').split('/').map(decode);
  if (first !== SHARED || !appName || !ownerId || !sessionId || !secret) return undefined;
  return { appName, ownerId, sessionId, secret };
}

/** `replace` leaves no step for the back button: for a conversation that has just got its id. */
export function goTo(route: Route, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') location.hash = toHash(route);
  else {
    history.replaceState(null, '', toHash(route));
    dispatchEvent(new Event('hashchange'));
  }
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
