import { syncPython } from '@lornu/ops/setup/sync-python.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { buildService } from '@lornu/backend/build.ts';
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, delimiter } from 'node:path';
import { buildPageIfStale, pageDir } from '@lornu/ops/up/page.ts';
import type { RehearsalContext } from '../run/standing.ts';
import { startProcessContainer, type ProcessImage } from '../tasks/process-container.ts';
import { type ImageRunner, type Runtime, oncePerRuntime } from './images.ts';
import { readStage } from './read-dockerfile.ts';

type CheckoutImage = ProcessImage & { title: string };

/**
 * Runs the images' own commands as processes of this machine, with the images' contents. `parent` is the folder for
 * builds.
 */
export function createProcessImages(parent: string, context: RehearsalContext): ImageRunner {
  const prepare = createRuntimes(context);
  const build = oncePerRuntime(async (runtime, onLine): Promise<CheckoutImage> => {
    const dockerfile = await readFile(join(context.root, 'Dockerfile'), 'utf8');
    await buildPageIfStale(context, onLine);
    await mkdir(parent, { recursive: true });
    const make = runtime === 'bun' ? buildBunImage : linkPythonImage;
    return make(parent, dockerfile, context.root);
  });
  return {
    build: async (runtime, onLine) => void (await build(runtime, onLine)),
    open: async ({ runtime, about, command }) => {
      const image = await build(runtime, () => {});
      await prepare(runtime);
      const title = about ? `${image.title}, ${about}` : image.title;
      const own = command ? { ...image, command } : image;
      return { title, start: async (options) => startProcessContainer(own, options) };
    },
    end: async () => {},
  };
}

async function buildBunImage(parent: string, dockerfile: string, root: string): Promise<CheckoutImage> {
  const folder = join(parent, 'agent');
  await buildService({ root, outDir: folder });
  const programs = join(parent, 'programs');
  await rm(programs, { recursive: true, force: true });
  await mkdir(programs, { recursive: true });
  await symlink(process.execPath, join(programs, 'bun'));
  return {
    title: "the agent image's own command, on the bundle, as a process",
    folder,
    path: [programs],
    ...toFolder(readStage(dockerfile, 'agent'), folder),
  };
}

/** The Python environment is too large to copy, so the checkout's is used. */
async function linkPythonImage(parent: string, dockerfile: string, root: string): Promise<CheckoutImage> {
  const folder = join(parent, 'gcp-agent');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await symlink(join(root, 'gcp-agent/.venv'), join(folder, '.venv'));
  await cp(join(root, 'gcp-agent/gcp_agent'), join(folder, 'gcp_agent'), { recursive: true });
  await cp(join(root, 'gcp-agent/agents'), join(folder, 'agents'), { recursive: true });
  await cp(pageDir(root), join(folder, 'page'), { recursive: true });
  return {
    title: "the gcp-agent image's own command, on this checkout's Python environment, as a process",
    folder,
    path: [join(folder, '.venv/bin')],
    ...toFolder(readStage(dockerfile, 'gcp-agent'), folder),
  };
}

/** Maps the images' working folder /app. */
function toFolder(
  { env, command }: ReturnType<typeof readStage>,
  folder: string,
): Pick<ProcessImage, 'env' | 'command'> {
  const inside = Object.entries(env).filter(([name]) => name !== 'PATH');
  return {
    command,
    env: Object.fromEntries(inside.map(([name, value]) => [name, value.replace(/^\/app(?=\/|$)/, folder)])),
  };
}

/** Prepares a runtime on this machine, once: the Python agent's locked packages; the bundle needs nothing. */
function createRuntimes(context: RehearsalContext): (runtime: Runtime) => Promise<void> {
  let python: Promise<void> | undefined;
  const install = async (): Promise<void> => {
    const folders = await ensureTools(['python', 'uv'], context, context.emit);
    const env = { ...context.env, PATH: [...folders, context.env['PATH']].join(delimiter) };
    await syncPython({ ...context, env }, () => {});
  };
  return async (runtime) => {
    if (runtime === 'fastapi') await (python ??= install());
  };
}
