import { realpath } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { FirestoreClient } from './client.ts';
import type { StoredDocument } from './documents.ts';

const JAR = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar';
const MAIN = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';
const START_WITHIN_MS = 60_000;
/** Ends the emulator when standard input ends, because it does not watch its parent. */
const WATCH = '"$@" >/dev/null 2>&1 & cat; kill $!; wait';

/** Google's own Firestore emulator, a Java program from `gcloud components install cloud-firestore-emulator`. */
export interface GoogleEmulator {
  host: string;
  stop: () => void;
}

/** Its path; undefined if gcloud, the emulator or Java is missing. */
export async function findGoogleEmulator(): Promise<string | undefined> {
  const gcloud = Bun.which('gcloud');
  if (!gcloud || !Bun.which('java')) return undefined;
  const jar = join(await realpath(gcloud), '../..', JAR);
  return (await Bun.file(jar).exists()) ? jar : undefined;
}

/** Starts an empty emulator on a free port; it ends with this process. Throws if it is not installed. */
export async function startGoogleEmulator(): Promise<GoogleEmulator> {
  const jar = await findGoogleEmulator();
  if (!jar)
    throw new Error(
      "Google's Firestore emulator is not installed: it needs Java and `gcloud components install cloud-firestore-emulator`.",
    );
  const port = freePort();
  const command = ['java', '-Duser.language=en', '-cp', jar, MAIN, 'start', '--host=127.0.0.1'];
  const child = Bun.spawn(['sh', '-c', WATCH, 'sh', ...command, `--port=${port}`], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const stop = (): void => void child.stdin.end();
  const giveUpAt = performance.now() + START_WITHIN_MS;
  while (!(await listens(port))) {
    if (performance.now() > giveUpAt || child.exitCode !== null) {
      stop();
      throw new Error("Google's Firestore emulator did not start.");
    }
    await Bun.sleep(100);
  }
  return { host: `127.0.0.1:${port}`, stop };
}

/** Google's emulator behind the stand-in's faults and counts; it receives every request byte by byte. */
export async function googleBackend(): Promise<Backend> {
  const emulator = await startGoogleEmulator();
  const client = await FirestoreClient.to(emulator.host);
  const databases = new Set<string>();
  // Its first call takes seconds, while the program loads.
  await client.rows('Commit', { database: 'projects/warm-up/databases/warm-up', writes: [] });

  async function all(): Promise<StoredDocument[]> {
    const structuredQuery = { from: [{ allDescendants: true }] };
    const rows = await Promise.all(
      [...databases].map((name) => client.rows('RunQuery', { parent: `${name}/documents`, structuredQuery })),
    );
    return rows.flat().flatMap(({ document }) => (document ? [document as StoredDocument] : []));
  }

  return {
    answer: async ({ method, bytes, request, signal }) => {
      const named = /^projects\/[^/]+\/databases\/[^/]+/.exec(request.database ?? request.parent ?? '');
      if (named) databases.add(named[0]);
      return client.rows(method, bytes, signal);
    },
    documents: {
      get: async (name) => {
        const [row] = await client.rows('BatchGetDocuments', {
          database: name.split('/documents/')[0]!,
          documents: [name],
        });
        return row?.['found'] as StoredDocument | undefined;
      },
      all,
    },
    stop: () => {
      client.close();
      emulator.stop();
    },
  };
}

/** A port that was free a moment ago: the emulator does not announce its port. */
function freePort(): number {
  const listening = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } });
  const { port } = listening;
  listening.stop(true);
  return port;
}

async function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
  const isListening = await promise;
  socket.destroy();
  return isListening;
}
