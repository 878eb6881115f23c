import { join } from 'node:path';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import { type Server, startServer } from '@lornu/ops/servers/server.ts';
import { type GeminiStandin, RAISED_REQUEST_LIMIT } from '@lornu/standins/gemini/spawn.ts';

export const TARGETS = ['service', 'fastapi', 'pass-through'] as const;
export type TargetName = (typeof TARGETS)[number];

export type PerTarget<T> = Record<TargetName, T>;

export function perTarget<T>(valueOf: (name: TargetName) => T): PerTarget<T> {
  return {
    service: valueOf('service'),
    fastapi: valueOf('fastapi'),
    'pass-through': valueOf('pass-through'),
  };
}

export interface Targets {
  servers: PerTarget<Server>;
  /** Answers at once with fixed bytes, to measure the load client. */
  canned: Server;
}

export interface TargetOptions {
  root: string;
  scratchDir: string;
  /** Path of the bundled service. */
  program: string;
  standin: GeminiStandin;
  chunks: number;
}

/** Bundles the service as the image does; returns the program's path. */
export async function bundleService(root: string, scratchDir: string): Promise<string> {
  const outDir = join(scratchDir, 'bundle');
  const child = Bun.spawn([process.execPath, join(root, 'backend/build.ts'), outDir], {
    cwd: root,
    stdout: 'ignore',
    stderr: 'inherit',
  });
  if ((await child.exited) !== 0) throw new Error('The service could not be bundled: see above.');
  return join(outDir, 'serve.js');
}

/** Starts everything that is measured, one after the other, because parallel starts would be slow. */
export async function startTargets(options: TargetOptions): Promise<Targets> {
  const { root, scratchDir, standin, program } = options;
  const agentsDir = join(import.meta.dir, 'agents');
  const shared = { root, scratchDir, modelUrl: standin.url, agentsDir };
  return {
    servers: {
      service: await startService({ ...shared, program }),
      fastapi: await startGcpAgent(shared),
      'pass-through': await startOwn('pass-through', options, { GOOGLE_GEMINI_BASE_URL: standin.url }),
    },
    canned: await startOwn('canned', options, { CHUNKS: `${options.chunks}` }),
  };
}

export async function stopTargets({ servers, canned }: Targets): Promise<void> {
  await Promise.all([canned, ...Object.values(servers)].map(async (server) => server.stop()));
}

function startOwn(name: string, options: TargetOptions, env: Record<string, string>): Promise<Server> {
  return startServer({
    name,
    command: [process.execPath, join(import.meta.dir, 'servers', `${name}.ts`)],
    cwd: options.root,
    env: { ...RAISED_REQUEST_LIMIT, ...env },
    scratchDir: options.scratchDir,
  });
}
