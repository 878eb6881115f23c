import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { type GeminiStandin, spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { type Issuer, PEER, SERVICE, startIssuer } from '../a2a/server/issuer.ts';
import { createMemoryGroup, forgetPeak, memoryOf, type MemoryGroup } from './memory-group.ts';

const root = resolve(import.meta.dir, '../..');
const MEGABYTE = 1_000_000;

export const SESSIONS = '/apps/lornu/users/ann/sessions';

/** The cost of an attack: additional memory, and another caller's longest wait, without waits for a processor. */
export interface Cost {
  megabytes: number;
  longestWaitMs: number;
}

/** The service as a separate process, in a memory group of the task's size, with known callers. */
export interface Target {
  url: string;
  pid: number;
  /** The machine's sign-in, for requests over a connection of one's own. */
  headers: Readonly<Record<string, string>>;
  /** Undefined if this machine has no memory groups. */
  group: MemoryGroup | undefined;
  /** Sends a request as a machine that acts for users: one caller, with one caller's limits. */
  send: (path: string, init?: RequestInit) => Promise<Response>;
  sendJson: (path: string, body: unknown, method?: string) => Promise<Response>;
  /** Sends a request as another agent, over A2A. */
  sendAsPeer: (path: string, init: RequestInit) => Promise<Response>;
  /** Sends a request without a token. */
  sendAsNobody: (path: string, init?: RequestInit) => Promise<Response>;
  /** The service's complete log. */
  log: () => Promise<string>;
  /** Throws if the service does not survive the attack. */
  costOf: (attack: () => Promise<unknown>) => Promise<Cost>;
  stop: () => Promise<void>;
}

export async function startTarget(env: Record<string, string> = {}): Promise<Target> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-attacks-'));
  const standin: GeminiStandin = await spawnGeminiStandin({ chunks: 2 });
  const issuer: Issuer = await startIssuer();
  const service = await startService({
    root,
    scratchDir,
    agentsDir: join(root, 'agents'),
    modelUrl: standin.url,
    // From source: the bounds on memory and waits were measured so.
    program: join(root, 'backend/serve.ts'),
    env: { ...issuer.environment, LORNU_LIMIT_STREAMS: '20', ...env },
  });
  const group = await createMemoryGroup();
  await group?.add(service.pid);
  const headers = { service: await issuer.headersOf(SERVICE), peer: await issuer.headersOf(PEER) };

  const as =
    (own: Record<string, string>) =>
    async (path: string, init: RequestInit = {}) => {
      const all = new Headers(init.headers);
      for (const [name, value] of Object.entries(own)) all.set(name, value);
      return fetch(`${service.url}${path}`, { ...init, headers: all });
    };
  const send = as(headers.service);
  const { url } = service;
  return {
    url,
    pid: service.pid,
    headers: headers.service,
    group,
    send,
    sendJson: (path, body, method = 'POST') =>
      send(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    sendAsPeer: as(headers.peer),
    sendAsNobody: as({}),
    log: async () => readFile(join(scratchDir, 'service.log'), 'utf8'),
    costOf: async (attack) => {
      const before = await memoryOf(service.pid);
      await forgetPeak(service.pid);
      const watch = watchHealth(url, service.pid);
      try {
        await attack();
      } finally {
        await watch.stop();
      }
      const { peak } = await memoryOf(service.pid);
      return {
        megabytes: Math.round((peak - before.now) / MEGABYTE),
        longestWaitMs: Math.round(watch.longestMs()),
      };
    },
    stop: async () => {
      await service.stop();
      await issuer.stop();
      await standin.stop();
      await group?.remove();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

/** Requests /health from a separate thread, so that the work of this process is not measured. */
function watchHealth(url: string, pid: number): { longestMs: () => number; stop: () => Promise<void> } {
  const worker = new Worker(new URL('health-watch.ts', import.meta.url).href);
  let longest = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<number>) => {
    longest = Math.max(longest, data);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
  worker.postMessage({ url, pid });
  return {
    longestMs: () => longest,
    stop: async () => {
      // A request that is still waiting counts too.
      await fetch(`${url}/health`);
      await Bun.sleep(50);
      worker.terminate();
    },
  };
}
