import { isBaseAgent, type BaseAgent } from '@google/adk';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Logger } from '../observability/logger.ts';
import { parseAgentPage } from './agent-page.ts';
import type { AgentRegistry, BrokenAgent, LoadedAgent } from './agent-registry.ts';
import { guardCallbacks } from './guard-callbacks.ts';
import { rememberDeclarations } from '../adk/remember-declarations.ts';
import { narrowHistory } from '../adk/narrow-history.ts';
import { activeEvents } from '../events/history-markers.ts';
import { validHistory } from './valid-history.ts';
import { shareModules } from './share-modules.ts';

export interface LoadAgentsOptions {
  /** Folder of agents: each subfolder with an agent.ts, agent.js or agent.mjs is one. */
  dir: string;
  log: Logger;
  /** Longest load time of one agent, in milliseconds. */
  timeoutMs?: number;
}

const ENTRY_FILES = ['agent.ts', 'agent.js', 'agent.mjs'];
const LOAD_TIMEOUT_MS = 10_000;
const LONGEST_REASON = 200;

/** Loads every agent of a folder separately: one that fails is listed with its reason, and the others are served. */
export async function loadAgents({
  dir,
  log,
  timeoutMs = LOAD_TIMEOUT_MS,
}: LoadAgentsOptions): Promise<AgentRegistry> {
  shareModules();
  const agents = new Map<string, LoadedAgent>();
  const broken: BrokenAgent[] = [];
  await Promise.all(
    (await agentFolders(dir)).map(async (appName) => {
      try {
        agents.set(appName, await loadAgent(dir, appName, timeoutMs));
      } catch (error) {
        const reason = reasonOf(error, dir);
        broken.push({ appName, reason });
        log.error('An agent could not be loaded; the others are served', { appName, reason, error });
      }
    }),
  );
  const inOrder = [...agents].toSorted(([a], [b]) => a.localeCompare(b));
  return { agents: new Map(inOrder), broken: broken.toSorted((a, b) => a.appName.localeCompare(b.appName)) };
}

async function agentFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !/^[._]|^node_modules$/.test(name));
}

async function loadAgent(dir: string, appName: string, timeoutMs: number): Promise<LoadedAgent> {
  const entry = ENTRY_FILES.map((file) => join(dir, appName, file)).find((file) => existsSync(file));
  if (!entry) throw new Error(`There is no ${ENTRY_FILES[0]} in it.`);
  const module: { rootAgent?: unknown; page?: unknown } = await within(
    import(pathToFileURL(entry).href),
    timeoutMs,
  );
  const { rootAgent } = module;
  if (rootAgent === undefined) throw new Error(`${basename(entry)} exports no rootAgent.`);
  if (!isBaseAgent(rootAgent)) throw new Error(`rootAgent of ${basename(entry)} is not an ADK agent.`);
  return { appName, rootAgent: prepareAgent(rootAgent), page: parseAgentPage(module.page) };
}

/** Prepares an agent for serving; call once per agent. */
export function prepareAgent(rootAgent: BaseAgent): BaseAgent {
  rememberDeclarations(rootAgent);
  guardCallbacks(rootAgent);
  narrowHistory(rootAgent, { active: activeEvents, valid: validHistory });
  return rootAgent;
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not load within ${timeoutMs} ms.`)), timeoutMs);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}

/** A one-line reason for /ready, without stack or machine paths. */
function reasonOf(error: unknown, dir: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.replaceAll(dir, '').split('\n');
  return line
    .replaceAll(/(?:file:\/\/)?\/[\w@./+-]+/g, (path) => (path.lastIndexOf('/') > 0 ? basename(path) : path))
    .slice(0, LONGEST_REASON);
}
