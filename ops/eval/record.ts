import { readFile } from 'node:fs/promises';
import { type AgentServer, listSessions, readSession, type Session } from '@lornu/evaluation/agent-client.ts';
import { type Cassette, digestOf, toCassette } from '@lornu/evaluation/cassette.ts';
import type { Masker } from '@lornu/evaluation/mask.ts';
import { parseConfig } from '@lornu/backend/config/config.ts';
import { toSessionJson } from '@lornu/backend/events/wire.ts';
import { openFirestoreStores } from '@lornu/backend/firestore-stores.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { assertServed } from './run-eval.ts';

/** Selects conversations; without a session, all of the user's. */
export interface Wanted {
  appName: string;
  userId: string;
  sessionId?: string;
}

/** Reads conversations from a running server's API. Throws a CliError if it does not answer or has no such agent. */
export async function sessionsOf(
  server: AgentServer,
  { appName, userId, sessionId }: Wanted,
): Promise<Session[]> {
  await assertServed(server, [{ appName }]);
  const ids =
    sessionId === undefined
      ? (await listSessions(server, { appName, userId })).map(({ id }) => id)
      : [sessionId];
  const sessions: Session[] = [];
  for (const id of ids) {
    const session = await readSession(server, { appName, userId, sessionId: id });
    if (session) sessions.push(session);
  }
  return found(sessions, `${server.url} has none of user ${userId} in ${appName}.`);
}

/** Reads conversations from Firestore; the variables are the service's own. */
export async function sessionsInFirestore(
  env: Readonly<Record<string, string | undefined>>,
  { appName, userId, sessionId }: Wanted,
): Promise<Session[]> {
  const { sessions: config } = parseConfig({
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_DATABASE: env['FIRESTORE_DATABASE'],
    GOOGLE_CLOUD_PROJECT: env['GOOGLE_CLOUD_PROJECT'],
    FIRESTORE_EMULATOR_HOST: env['FIRESTORE_EMULATOR_HOST'],
    // No model is called.
    GEMINI_API_KEY: 'none',
  });
  if (config.kind !== 'firestore') throw new Error('The store is Firestore.');
  // Without a service identity, the Firestore client uses the machine's (gcloud auth application-default).
  const { sessions: store } = openFirestoreStores(config, undefined);
  try {
    const ids =
      sessionId === undefined
        ? (await store.listSummaries({ appName, userId })).sessions.map(({ id }) => id)
        : [sessionId];
    const read = await Promise.all(
      ids.map(async (id) => store.getSession({ appName, userId, sessionId: id })),
    );
    const sessions = read.flatMap((session) =>
      session ? [JSON.parse(toSessionJson(session)) as Session] : [],
    );
    return found(sessions, `Database ${config.database} has none of user ${userId} in ${appName}.`);
  } finally {
    await store.close();
  }
}

/** Reads conversations from a file: one session as the API returns it, a list, or one per line. */
export async function sessionsInFile(path: string): Promise<Session[]> {
  const text = await readFile(path, 'utf8');
  try {
    const value = parse(text) as Session | Session[];
    const sessions = Array.isArray(value) ? value : [value];
    if (sessions.every((one) => Array.isArray(one.events) && typeof one.appName === 'string'))
      return found(sessions, 'It holds none.');
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError({
    what: `${path} holds no conversations.`,
    why: 'It is not a session with appName and events, a list of such, or one a line.',
    next: 'Save what GET /apps/APP/users/USER/sessions/SESSION answers.',
    exitCode: EXIT.usage,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }
}

function found(sessions: Session[], why: string): Session[] {
  if (sessions.length > 0) return sessions;
  throw new CliError({
    what: 'There are no conversations to record.',
    why,
    next: 'Look at the names of the app and the user.',
    exitCode: EXIT.failed,
  });
}

/** Converts sessions to masked cassettes. Nothing in them, not even their names, identifies a person. */
export function toCassettes(sessions: readonly Session[], masker: Masker): Cassette[] {
  return sessions.flatMap((session) => {
    const { events, state, appName } = session;
    const masked = masker.mask({ events, state });
    const name = `${appName}-${digestOf(masked.events.map(({ content }) => content ?? null)).slice(0, 12)}`;
    return toCassette({ ...session, ...masked }, name) ?? [];
  });
}
