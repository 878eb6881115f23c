import { useSyncExternalStore } from 'react';
import { readInTab, writeInTab } from './storage.ts';

/**
 * The page's route: an agent and perhaps a conversation. It is in the fragment, so that a reload and a bookmark return
 * to it.
 */
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

/** The content of a link: the owner, the conversation, and the secret that gives access. */
export interface SharedLink {
  appName: string;
  ownerId: string;
  sessionId: string;
  secret: string;
}

/** Cannot be the folder name of an agent. */
const SHARED = '~shared';

export function toSharedHash({ appName, ownerId, sessionId, secret }: SharedLink): string {
  return `#/${[SHARED, appName, ownerId, sessionId, secret].map(encodeURIComponent).join('/')}`;
}

export function parseSharedHash(hash: string): SharedLink | undefined {
  const [first, appName, ownerId, sessionId, secret] = hash.replace(/^#\/?/u, '').split('/').map(decode);
  if (first !== SHARED || !appName || !ownerId || !sessionId || !secret) return undefined;
  return { appName, ownerId, sessionId, secret };
}

const PLACE = 'place';

/** Remembers the route before the page is left to sign in: the redirect back has no fragment. */
export function keepPlace(): void {
  writeInTab(PLACE, location.hash);
}

/** Returns to the route that was left to sign in. */
export function returnToPlace(): void {
  const place = readInTab(PLACE);
  writeInTab(PLACE, '');
  if (place && !location.hash) history.replaceState(null, '', place);
}

/** `replace` adds no step for the back button: for a conversation that has just got its id. */
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
