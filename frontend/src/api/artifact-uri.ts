import type { Owner } from './sessions.ts';

/** The start of ADK's URIs of a session's artifacts, by which messages refer to them (docs/storage.md). */
export function artifactUris({ appName, userId }: Owner, sessionId: string): string {
  return `artifact://apps/${appName}/users/${userId}/sessions/${sessionId}/artifacts/`;
}

export interface ArtifactPlace {
  sessionId: string;
  filename: string;
  version: number;
}

/** What such a URI names; undefined for any other address, and for an artifact of another person or agent. */
export function readArtifactUri(uri: string, { appName, userId }: Owner): ArtifactPlace | undefined {
  const prefix = `artifact://apps/${appName}/users/${userId}/sessions/`;
  if (!uri.startsWith(prefix)) return undefined;
  const [, sessionId, filename, version] =
    /^([^/]+)\/artifacts\/(.+)\/versions\/(\d+)$/u.exec(uri.slice(prefix.length)) ?? [];
  return sessionId && filename ? { sessionId, filename, version: Number(version) } : undefined;
}
