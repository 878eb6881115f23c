import type { CompositeSessionKey, Session, SessionArtifactService } from '@google/adk';
import type { ArtifactService } from './artifact-service.ts';

/** The artifacts that an agent sees in a turn: those of its session and those shared by the user's sessions. */
export function sessionArtifacts(
  artifacts: ArtifactService,
  { appName, userId, id: sessionId }: Pick<Session, 'appName' | 'userId' | 'id'>,
): SessionArtifactService {
  const session: CompositeSessionKey = { appName, userId, sessionId };
  return {
    saveArtifact: async (request) => artifacts.saveArtifact({ ...session, ...request }),
    loadArtifact: async (request) => artifacts.loadArtifact({ ...session, ...request }),
    listArtifactKeys: async () => artifacts.listArtifactKeys(session),
    deleteArtifact: async (filename) => artifacts.deleteArtifact({ ...session, filename }),
    listVersions: async (filename) => artifacts.listVersions({ ...session, filename }),
    listArtifactVersions: async (filename) => artifacts.listArtifactVersions({ ...session, filename }),
    getArtifactVersion: async (request) => artifacts.getArtifactVersion({ ...session, ...request }),
  };
}
