import type { CompositeSessionKey, Session, SessionArtifactService } from '@google/adk';
import type { OpenFile } from '../adk/turn-scope.ts';
import type { ArtifactService } from './artifact-service.ts';
import { followArtifactUri } from './artifact-uri.ts';

/** The artifacts of a turn's session, also by ADK's URIs, which messages use to refer to them. */
export interface TurnArtifacts extends SessionArtifactService {
  openUri: OpenFile;
}

/** The artifacts that an agent sees in a turn: those of its session and those shared by the user's sessions. */
export function sessionArtifacts(
  artifacts: ArtifactService,
  { appName, userId, id: sessionId }: Pick<Session, 'appName' | 'userId' | 'id'>,
): TurnArtifacts {
  const session: CompositeSessionKey = { appName, userId, sessionId };
  return {
    openUri: async (uri) => {
      const own = { appName, userId, scope: { session: sessionId }, filename: '' };
      const { key, version } = followArtifactUri(uri, own);
      return artifacts.openArtifact({ ...session, filename: key.filename, version });
    },
    saveArtifact: async (request) => artifacts.saveArtifact({ ...session, ...request }),
    loadArtifact: async (request) => artifacts.loadArtifact({ ...session, ...request }),
    listArtifactKeys: async () => artifacts.listArtifactKeys(session),
    deleteArtifact: async (filename) => artifacts.deleteArtifact({ ...session, filename }),
    listVersions: async (filename) => artifacts.listVersions({ ...session, filename }),
    listArtifactVersions: async (filename) => artifacts.listArtifactVersions({ ...session, filename }),
    getArtifactVersion: async (request) => artifacts.getArtifactVersion({ ...session, ...request }),
  };
}
