import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Firestore } from '../../backend/firestore/client/firestore.ts';
import { createFirestore } from '../../backend/firestore/create-firestore.ts';
import { startGcpAgent, startService } from '../../ops/servers/agent-servers.ts';
import type { Server } from '../../ops/servers/server.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { peerEnvironment, serviceEnvironment } from '../../ops/up/pair-environment.ts';
import { type GoogleStandIn, startGoogleStandIn } from '@lornu/standins/google/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { DATABASE, PROJECT } from './fixture.ts';

const ROOT = resolve(import.meta.dir, '../..');

/** The service, as it runs on AWS, and gcp-agent, as it runs on Google Cloud, on one Firestore. */
export interface TwoClouds {
  firestore: FirestoreStandin;
  db: Firestore;
  modelUrl: string;
  /** Issues the tokens of both, and receives their traces. */
  google: GoogleStandIn;
  /** Its peer is the agent of `startGcp`, if that has started before. */
  startAws: () => Promise<Server>;
  startGcp: () => Promise<Server>;
  close: () => Promise<void>;
}

export async function openTwoClouds(): Promise<TwoClouds> {
  // Optimistic, like staging's: with locks, a killed process's transaction holds its documents for a minute.
  const firestore = await startFirestoreStandin({ databases: [DATABASE], concurrencyMode: 'OPTIMISTIC' });
  const [model, google] = await Promise.all([spawnGeminiStandin(), startGoogleStandIn()]);
  const identities = { issuer: google.url, service: 'https://service.example', peer: 'https://peer.example' };
  // Callers of the service need no token here.
  const identity = { ...serviceEnvironment(identities), A2A_ALLOWED_EMAILS: '' };
  // The card names the peer's own address.
  const peerIdentity = { ...peerEnvironment(identities), LORNU_PUBLIC_URL: '', A2A_PEER_URL: '' };
  const traces = {
    LORNU_TRACE_URL: google.url,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    // Milliseconds until spans are sent: a killed process loses what it has not sent.
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
  let peerUrl = '';
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
    google,
    startAws: () =>
      kept(
        startService({
          ...parts,
          agentsDir: join(ROOT, 'agents'),
          env: {
            ...firestoreVariables(firestore.host),
            ...identity,
            ...traces,
            ...(peerUrl && { A2A_PEER_URL: `${peerUrl}/a2a/lornu`, A2A_PEER_AUDIENCE: identities.peer }),
            LORNU_DRAIN_MS: '300',
          },
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
            ...peerIdentity,
            ...traces,
          },
        }),
      ).then((server) => {
        peerUrl = server.url;
        return server;
      }),
    close: async () => {
      await Promise.all(started.map((server) => server.stop()));
      await db.terminate();
      await Promise.all([model.stop(), google.stop()]);
      firestore.stop();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}
