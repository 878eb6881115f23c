import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface BuildOptions {
  /** Root of the checkout. */
  root: string;
  /** Emptied first. */
  outDir: string;
}

/** Packages that agents get from the service, so that both use the same copy. */
const SHARED = ['@google/adk', '@google/genai', 'zod'];

/**
 * Builds a folder that runs on Bun alone: serve.js, its worker, agents/<name>/agent.js, and page/ if the chat page is
 * built. Agents are separate entries, so that a mounted folder can replace them.
 */
export async function buildService({ root, outDir }: BuildOptions): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await bundleService({ root, outDir });
  await bundleAgents({ root, outDir });
  const page = join(root, 'frontend/dist');
  if (await Bun.file(join(page, 'index.html')).exists()) {
    await cp(page, join(outDir, 'page'), { recursive: true });
  }
}

async function bundleService({ root, outDir }: BuildOptions): Promise<void> {
  await bundle({
    entrypoints: ['serve.ts', 'sqlite/checkpoint-worker.ts'].map((file) => join(root, 'backend', file)),
    outdir: outDir,
    // Without the folders of the sources: the output is one flat folder.
    naming: '[name].[ext]',
  });
}

async function bundleAgents({ root, outDir }: BuildOptions): Promise<void> {
  for (const name of await agentNames(root)) {
    // Bundlers run one after the other: that is as fast, and needs less memory.
    await bundle({
      entrypoints: [join(root, 'agents', name, 'agent.ts')],
      outdir: join(outDir, 'agents', name),
      external: SHARED,
    });
  }
}

async function bundle(options: Bun.BuildConfig): Promise<void> {
  await Bun.build({ target: 'bun', minify: true, sourcemap: 'external', throw: true, ...options });
}

async function agentNames(root: string): Promise<string[]> {
  const entries = await readdir(join(root, 'agents'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found = await Promise.all(
    folders.map((name) => Bun.file(join(root, 'agents', name, 'agent.ts')).exists()),
  );
  return folders.filter((_name, index) => found[index]);
}

// bun backend/build.ts [folder] [part]: the image builds its parts in stages of their own.
if (import.meta.main) {
  const root = join(import.meta.dir, '..');
  const outDir = Bun.argv[2] ?? join(root, 'backend/dist');
  const parts: Record<string, (options: BuildOptions) => Promise<void>> = {
    all: buildService,
    service: bundleService,
    agents: bundleAgents,
  };
  const part = parts[Bun.argv[3] ?? 'all'];
  if (!part)
    throw new Error(`There is no part "${Bun.argv[3]}"; there are ${Object.keys(parts).join(', ')}.`);
  await part({ root, outDir });
  process.stdout.write(`${outDir}\n`);
}
