import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Firestore } from '@google-cloud/firestore';
import { createFirestore } from '../../backend/firestore/create-firestore.ts';
import { startGcpAgent, startService } from '../../ops/servers/agent-servers.ts';
import type { Server } from '../../ops/servers/server.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { DATABASE, PROJECT } from './fixture.ts';

const ROOT = resolve(import.meta.dir, '../..');

/** The service, as it runs on AWS, and gcp-agent, as it runs on Google Cloud, on one Firestore. */
export interface TwoClouds {
  firestore: FirestoreStandin;
  db: Firestore;
  modelUrl: string;
  startAws: () => Promise<Server>;
  startGcp: () => Promise<Server>;
  close: () => Promise<void>;
}

export async function openTwoClouds(): Promise<TwoClouds> {
  // Optimistic, like staging's: with locks, a killed process's transaction holds its documents for a minute.
  const firestore = await startFirestoreStandin({ databases: [DATABASE], concurrencyMode: 'OPTIMISTIC' });
  const model = await spawnGeminiStandin();
  const scratchDir = mkdtempSync(join(tmpdir(), 'two-clouds-'));
  const db = createFirestore({ project: PROJECT, database: DATABASE, emulatorHost: firestore.host });
  const started: Server[] = [];
  const kept = async (starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  const parts = { root: ROOT, modelUrl: model.url, scratchDir };
  return {
    firestore,
    db,
    modelUrl: model.url,
    startAws: () =>
      kept(
        startService({
          ...parts,
          agentsDir: join(ROOT, 'agents'),
          env: { ...firestoreVariables(firestore.host), LORNU_DRAIN_MS: '300' },
        }),
      ),
    startGcp: () =>
      kept(
        startGcpAgent({
          ...parts,
          agentsDir: join(ROOT, 'gcp-agent/agents'),
          env: {
            SESSION_SERVICE_URI: `firestore://${PROJECT}/${DATABASE}`,
            FIRESTORE_EMULATOR_HOST: firestore.host,
          },
        }),
      ),
    close: async () => {
      await Promise.all(started.map((server) => server.stop()));
      await db.terminate();
      await model.stop();
      firestore.stop();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}
