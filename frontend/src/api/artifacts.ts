import { fromBase64 } from '../util/base64.ts';
import { getJson, toPath } from './http.ts';
import type { Owner } from './sessions.ts';
import type { Part } from './types.ts';

export interface Artifact {
  mimeType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Address of a conversation's files, and the headers that give access. */
export interface ArtifactFolder {
  path: string;
  headers?: Record<string, string>;
}

export function artifactsFolder({ appName, userId }: Owner, sessionId: string): ArtifactFolder {
  return { path: toPath('apps', appName, 'users', userId, 'sessions', sessionId, 'artifacts') };
}

/** One version of a file that the agent made. */
export async function getArtifact(
  { path, headers = {} }: ArtifactFolder,
  filename: string,
  version: number,
): Promise<Artifact> {
  // A name may contain slashes, which stay unencoded in this API.
  const name = filename.split('/').map(encodeURIComponent).join('/');
  return toArtifact(await getJson<Part>(`${path}/${name}?version=${version}`, { headers }));
}

/** ADK's part as bytes and type: text parts become plain text. */
export function toArtifact(part: Part): Artifact {
  if (part.text !== undefined) return { mimeType: 'text/plain', bytes: new TextEncoder().encode(part.text) };
  return {
    mimeType: (part.inlineData?.mimeType ?? 'application/octet-stream').toLowerCase(),
    bytes: fromBase64(part.inlineData?.data ?? ''),
  };
}
