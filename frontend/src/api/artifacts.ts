import { fromBase64 } from '../util/base64.ts';
import { artifactUris } from './artifact-uri.ts';
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
  /** The start of the URIs by which the conversation's messages refer to them. */
  uris: string;
  headers?: Record<string, string>;
}

export function artifactsFolder(owner: Owner, sessionId: string): ArtifactFolder {
  const { appName, userId } = owner;
  return {
    path: toPath('apps', appName, 'users', userId, 'sessions', sessionId, 'artifacts'),
    uris: artifactUris(owner, sessionId),
  };
}

/** One version of a file of the conversation. */
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

/** The artifact of this folder that a URI names. */
export function nameInFolder(
  uri: string,
  { uris }: ArtifactFolder,
): { filename: string; version: number } | undefined {
  if (!uri.startsWith(uris)) return undefined;
  const [, filename, version] = /^(.+)\/versions\/(\d+)$/u.exec(uri.slice(uris.length)) ?? [];
  return filename ? { filename, version: Number(version) } : undefined;
}
