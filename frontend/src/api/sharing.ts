import { getJson, sendJson, toPath } from './http.ts';
import { readSession } from './read-event.ts';
import { artifactUris } from './artifact-uri.ts';
import type { ArtifactFolder } from './artifacts.ts';
import type { Owner } from './sessions.ts';
import type { SharedLink } from '../util/route.ts';
import type { Session } from './types.ts';

function sharePath({ appName, userId }: Owner, sessionId: string): string {
  return toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'share');
}

/** Creates a link with which every signed-in person may read the conversation; an earlier link stops working. */
export async function share(owner: Owner, sessionId: string): Promise<SharedLink> {
  const { secret } = await sendJson<{ secret: string }>('POST', sharePath(owner, sessionId));
  return { appName: owner.appName, ownerId: owner.userId, sessionId, secret };
}

export function unshare(owner: Owner, sessionId: string): Promise<null> {
  return sendJson<null>('DELETE', sharePath(owner, sessionId));
}

export async function getShared(link: SharedLink): Promise<Session> {
  return readSession(await getJson<Session>(sharedPath(link), { headers: secretHeader(link) }));
}

/** The address of a shared conversation's files. */
export function sharedFolder(link: SharedLink): ArtifactFolder {
  const owner = { appName: link.appName, userId: link.ownerId };
  return {
    path: `${sharedPath(link)}/artifacts`,
    uris: artifactUris(owner, link.sessionId),
    headers: secretHeader(link),
  };
}

function sharedPath({ appName, ownerId, sessionId }: SharedLink): string {
  return toPath('api', 'v1', 'shared', appName, ownerId, sessionId);
}

/**
 * The secret is sent in a header, because paths and queries are written to access logs. Encoded, because a link may
 * contain anything.
 */
function secretHeader({ secret }: SharedLink): Record<string, string> {
  return { 'x-share-secret': encodeURIComponent(secret) };
}
