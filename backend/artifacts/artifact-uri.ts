import { ARTIFACT_SCHEME } from '../adk/turn-scope.ts';
import { AppError } from '../errors/app-error.ts';
import type { ArtifactKey } from './artifact-files.ts';

const SESSION_URI =
  /^artifact:\/\/apps\/([^/]+)\/users\/([^/]+)\/sessions\/([^/]+)\/artifacts\/(.+)\/versions\/(\d+)$/;
const USER_URI = /^artifact:\/\/apps\/([^/]+)\/users\/([^/]+)\/artifacts\/(.+)\/versions\/(\d+)$/;

export function isArtifactUri(uri: string): boolean {
  return uri.startsWith(ARTIFACT_SCHEME);
}

/** ADK's URI for one version of an artifact. */
export function toArtifactUri({ appName, userId, scope, filename }: ArtifactKey, version: number): string {
  const session = scope === 'user' ? '' : `/sessions/${scope.session}`;
  return `${ARTIFACT_SCHEME}apps/${appName}/users/${userId}${session}/artifacts/${filename}/versions/${version}`;
}

/** Resolves a reference. Throws BAD_REQUEST if it is malformed or leaves its own app, user or session. */
export function followArtifactUri(uri: string, from: ArtifactKey): { key: ArtifactKey; version: number } {
  const target = readArtifactUri(uri);
  if (!target) throw new AppError('BAD_REQUEST', `Invalid artifact reference URI: ${uri.slice(0, 500)}`);
  const { key } = target;
  if (key.appName !== from.appName || key.userId !== from.userId) {
    throw new AppError('BAD_REQUEST', 'Artifact references must stay within the same app and user scope.');
  }
  const sessionOf = ({ scope }: ArtifactKey) => (scope === 'user' ? undefined : scope.session);
  if (sessionOf(key) !== undefined && sessionOf(key) !== sessionOf(from)) {
    throw new AppError(
      'BAD_REQUEST',
      'Session-scoped artifact references must stay within the same session scope.',
    );
  }
  return target;
}

/** Parses a URI; undefined if it is malformed. */
export function readArtifactUri(uri: string): { key: ArtifactKey; version: number } | undefined {
  const inSession = SESSION_URI.exec(uri);
  if (inSession) {
    const [, appName = '', userId = '', session = '', filename = '', version] = inSession;
    return { key: { appName, userId, scope: { session }, filename }, version: Number(version) };
  }
  const ofUser = USER_URI.exec(uri);
  if (!ofUser) return undefined;
  const [, appName = '', userId = '', filename = '', version] = ofUser;
  return { key: { appName, userId, scope: 'user', filename }, version: Number(version) };
}
