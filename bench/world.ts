import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import { type Server, startServer } from '@lornu/ops/servers/server.ts';
import { findGoogleEmulator } from '@lornu/standins/firestore/google-emulator.ts';
import { type FirestoreStandin, startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { stagingConcurrencyMode } from '@lornu/standins/firestore/staging-database.ts';
import { BUN_SERVER_ENV, spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { SigningKeys } from '@lornu/standins/google/signing-keys.ts';
import { type CpuLimit, openCpuLimit } from './cpu-limit.ts';
import type { Job, Result } from './load/job.ts';
import { runLoad } from './load/run-load.ts';

/** The service on both stores, and the programs beside which it is measured. */
export const TARGETS = ['firestore', 'sqlite', 'fastapi', 'pass-through'] as const;
export type TargetName = (typeof TARGETS)[number];
export type PerTarget<T> = Partial<Record<TargetName, T>>;

/** Everything that the measures need. All targets use the same Gemini stand-in. */
export interface World {
  /** The measured targets. */
  targets: readonly TargetName[];
  /** A running server of each target, limited to one core. */
  servers: ReadonlyMap<TargetName, Server>;
  firestore: FirestoreStandin;
  /** Which Firestore it is, for the report. */
  firestoreIs: string;
  cpu: CpuLimit;
  /** Starts another server of a target, with an empty SQLite file and more variables; the caller stops it. */
  startNew: (name: TargetName, env?: Readonly<Record<string, string>>) => Promise<Server>;
  /** Runs the load client as a signed-in caller. */
  load: (server: Server, job: Omit<Job, 'url' | 'token'>) => Promise<Result>;
  stop: () => Promise<void>;
}

export interface WorldOptions {
  /** Root of the checkout. */
  root: string;
  scratchDir: string;
  chunks: number;
  targets: readonly TargetName[];
  identity: Identity;
  /** Uses the stand-in of Firestore even where Google's emulator is installed. */
  isStandin: boolean;
}

const DATABASE = 'bench';
const SERVICE_EMAIL = 'bench@lornu.iam.gserviceaccount.com';
const AUDIENCE = 'https://lornu.example';

/** An issuer of ID tokens, and a token of a machine that may act for any user. */
export interface Identity {
  token: string;
  env: Readonly<Record<string, string>>;
  stop: () => Promise<void>;
}

export async function startIdentity(): Promise<Identity> {
  const keys = await SigningKeys.create();
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => Response.json(keys.jwks()) });
  const iss = server.url.origin;
  const iat = Math.floor(Date.now() / 1_000);
  const subject = { sub: '110000000000000000001', email: SERVICE_EMAIL, email_verified: true };
  return {
    token: await keys.sign({ iss, aud: AUDIENCE, iat, exp: iat + 3_600, ...subject }),
    env: {
      LORNU_SIGN_IN: 'required',
      A2A_TOKEN_ISSUER: iss,
      A2A_TOKEN_JWKS_URL: iss,
      A2A_TOKEN_AUDIENCE: AUDIENCE,
      A2A_SERVICE_EMAILS: SERVICE_EMAIL,
      // A single caller sends all turns.
      LORNU_LIMIT_REQUESTS_PER_MINUTE: '100000000',
      LORNU_LIMIT_STREAMS: '1000000',
      LORNU_LIMIT_TOKENS_PER_DAY: '1000000000000',
    },
    stop: () => server.stop(true),
  };
}

/** Starts the stand-ins and one server of each target, one after the other. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { root, scratchDir, targets, identity } = options;
  const program = await bundleService(root, scratchDir);
  const isGoogles = !options.isStandin && (await findGoogleEmulator()) !== undefined;
  const concurrencyMode = await stagingConcurrencyMode();
  const firestore = await startFirestoreStandin({ databases: [DATABASE], isGoogles, concurrencyMode });
  const model = await spawnGeminiStandin({ chunks: options.chunks });
  const cpu = openCpuLimit();
  const servers = new Map<TargetName, Server>();
  let started = 0;
  const onFirestore = {
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_EMULATOR_HOST: firestore.host,
    FIRESTORE_DATABASE: DATABASE,
    GOOGLE_CLOUD_PROJECT: 'bench',
  };

  async function startNew(name: TargetName, more: Readonly<Record<string, string>> = {}): Promise<Server> {
    const ownDir = join(scratchDir, `${name}-${started++}`);
    await mkdir(ownDir, { recursive: true });
    const shared = {
      root,
      scratchDir: ownDir,
      modelUrl: model.url,
      agentsDir: join(import.meta.dir, 'agents'),
    };
    if (name === 'fastapi') return startGcpAgent(shared);
    if (name === 'pass-through')
      return startServer({
        name,
        command: [process.execPath, join(import.meta.dir, 'pass-through.ts')],
        cwd: root,
        env: { ...BUN_SERVER_ENV, GOOGLE_GEMINI_BASE_URL: model.url },
        scratchDir: ownDir,
      });
    const env = { ...identity.env, ...(name === 'firestore' ? onFirestore : {}), ...more };
    return startService({ ...shared, program, env });
  }

  async function stop(): Promise<void> {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await model.stop();
    firestore.stop();
    cpu.remove();
  }

  try {
    for (const name of targets) {
      const server = await startNew(name);
      servers.set(name, server);
      cpu.give(server.pid, 1);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const firestoreIs = isGoogles
    ? "Google's emulator, behind the stand-in's counters"
    : `the stand-in${options.isStandin ? '' : " (Google's emulator was not found)"}`;
  const { token } = identity;
  const load: World['load'] = ({ url }, job) => runLoad({ ...job, url, token });
  return { targets, servers, firestore, firestoreIs, cpu, startNew, load, stop };
}

/** The running server of a target. */
export function serverOf({ servers }: World, name: TargetName): Server {
  const server = servers.get(name);
  if (!server) throw new Error(`${name} does not run.`);
  return server;
}

/** Bundles the service as the image does; returns the program's path. */
async function bundleService(root: string, scratchDir: string): Promise<string> {
  const outDir = join(scratchDir, 'bundle');
  const child = Bun.spawn([process.execPath, join(root, 'backend/build.ts'), outDir], {
    cwd: root,
    stdout: 'ignore',
    stderr: 'inherit',
  });
  if ((await child.exited) !== 0) throw new Error('The service could not be bundled: see above.');
  return join(outDir, 'serve.js');
}
