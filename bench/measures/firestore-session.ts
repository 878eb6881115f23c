import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { type LongSession, measureLongSession } from './long-session.ts';

/** The server's cost of a turn on Firestore (a stand-in in this process), in a short and in a long session. */
export async function measureFirestoreSession(
  service: Parameters<typeof startService>[0],
): Promise<LongSession> {
  const firestore = await startFirestoreStandin({ databases: ['staging'] });
  const env = {
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_EMULATOR_HOST: firestore.host,
    FIRESTORE_DATABASE: 'staging',
    GOOGLE_CLOUD_PROJECT: 'bench',
  };
  const server = await startService({ ...service, env });
  try {
    return await measureLongSession(server, { app: 'bare', short: 10, long: 2_000, sessions: 2 });
  } finally {
    await server.stop();
    firestore.stop();
  }
}
