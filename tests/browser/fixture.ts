import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildPage } from '@lornu/frontend/build.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { sharedChromium } from './chromium.ts';
import { ChatPage, type ChatPageOptions } from './chat-page.ts';
import { PATIENCE, PATIENCE_MS } from './patience.ts';

/** The real service with its page, the Gemini stand-in behind it, and a browser in front. */
export interface BrowserFixture {
  service: Server;
  /** The Gemini stand-in's address, and the fixture's folder: for a server that a test starts beside it. */
  modelUrl: string;
  scratchDir: string;
  /** Opens the page in a new browser profile, without data of other tests. */
  openPage: (options?: ChatPageOptions & { url?: string }) => Promise<ChatPage>;
  /** Lets answers go on that are "held after" some words, once at least one waits there. */
  release: () => Promise<void>;
  /** Starts another process of the service, on the same store. */
  startTwin: () => Promise<Server>;
  stop: () => Promise<void>;
}

export interface FixtureOptions {
  /** A folder of agents that replaces the bundled ones. */
  agentsDir?: string;
  env?: Readonly<Record<string, string>>;
}

/** When a test times out, Bun also ends the browser, so each step has its own, shorter timeout. */
export const TEST_WITHIN_MS = 60_000 * PATIENCE;

const root = resolve(import.meta.dir, '../..');

let built: Promise<string> | undefined;

/** The folder of the built page, made once for all test files of a process. */
function builtPage(): Promise<string> {
  built ??= (async () => {
    const dir = await mkdtemp(join(tmpdir(), 'lornu-page-'));
    await buildPage(dir);
    return dir;
  })();
  return built;
}

/** Starts everything on free ports and in a new folder. */
export async function startFixture(options: FixtureOptions = {}): Promise<BrowserFixture> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-browser-'));
  const [standin, pageDir] = await Promise.all([
    spawnGeminiStandin({ chunks: 12, delayMs: 5 }),
    builtPage(),
    sharedChromium(),
  ]);
  const pages = new Set<ChatPage>();
  const servers: Server[] = [];
  const start = async (): Promise<Server> => {
    const server = await startService({
      root,
      scratchDir,
      modelUrl: standin.url,
      agentsDir: options.agentsDir ?? join(root, 'agents'),
      env: { LORNU_PAGE_DIR: pageDir, LORNU_REGION: 'eu-central-1', ...options.env },
    });
    servers.push(server);
    return server;
  };
  const service = await start();
  return {
    service,
    modelUrl: standin.url,
    scratchDir,
    openPage: async ({ url = service.url, ...pageOptions } = {}) => {
      const page = await ChatPage.open(await sharedChromium(), url, pageOptions);
      pages.add(page);
      return page;
    },
    release: () => release(standin.url),
    startTwin: start,
    stop: async () => {
      await Promise.all([...pages].map((page) => page.close()));
      await Promise.all(servers.map((server) => server.stop()));
      await standin.stop();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

async function release(modelUrl: string): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${modelUrl}/stand-in/release`, { method: 'POST' });
    if (Number(await answer.text()) > 0) return;
    if (Date.now() > giveUpAt) throw new Error('No answer is held.');
    await Bun.sleep(20);
  }
}
