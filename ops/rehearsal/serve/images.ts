import { buildService } from '@lornu/backend/build.ts';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPageIfStale, pageDir, type PageContext } from '../../up/page.ts';
import { PullError, type PullImage, type RunnableImage } from '../tasks/image.ts';
import { startProcessContainer, type ProcessImage } from '../tasks/process-container.ts';
import { readStage } from './read-dockerfile.ts';

/** Which of the two images, by the names of `agent_runtime`. */
export type Runtime = 'bun' | 'fastapi';

/** An image as it was put there: in a file, so that another command can add one while the environment is served. */
export interface StoredImage extends ProcessImage {
  runtime: Runtime;
  /** In words, for what is printed. */
  title: string;
}

/** Images by digest, in the folder of the rehearsal. */
export interface ImageStore {
  /** Where images that are built here may lie. */
  folder: string;
  add: (digest: string, image: StoredImage) => Promise<void>;
  find: (digest: string) => Promise<StoredImage | undefined>;
  /** The image of a container; what its runtime needs on this machine is got first. */
  pull: PullImage;
}

/** The digest of `terraform apply` in a rehearsal that names no other: whatever this checkout builds. */
export const CHECKOUT_DIGEST = `sha256:${'0'.repeat(64)}`;
const DIGEST = /^sha256:[\da-f]{64}$/;

export function openImageStore(
  rehearsalFolder: string,
  prepare: (runtime: Runtime) => Promise<void> = async () => {},
): ImageStore {
  const folder = join(rehearsalFolder, 'images');
  const pathOf = (digest: string): string => join(folder, `${digest.replace(':', '-')}.json`);
  const find = async (digest: string): Promise<StoredImage | undefined> => {
    const text = await readFile(pathOf(digest), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as StoredImage);
  };
  return {
    folder,
    find,
    add: async (digest, image) => {
      if (!/^sha256:[\da-f]{64}(-(bun|fastapi))?$/.test(digest)) throw new Error(`${digest} is no digest`);
      await mkdir(folder, { recursive: true });
      await writeFile(pathOf(digest), JSON.stringify(image, null, 2));
    },
    pull: async ({ image, logStreamPrefix }): Promise<RunnableImage> => {
      const digest = image.split('@')[1] ?? '';
      if (!DIGEST.test(digest)) throw new PullError(image, 'it is not named by a digest');
      // The checkout's own digest stands for both of its images; the runtime that was applied says which is meant.
      const stored =
        (await find(digest)) ?? (logStreamPrefix ? await find(`${digest}-${logStreamPrefix}`) : undefined);
      if (!stored) throw new PullError(image, 'not found');
      await prepare(stored.runtime);
      return { title: stored.title, start: async (options) => startProcessContainer(stored, options) };
    },
  };
}

/** Builds what the images of this checkout hold and puts both under the checkout's digest. */
export async function addCheckoutImages(
  store: ImageStore,
  context: PageContext,
  onLine: (line: string) => void,
): Promise<void> {
  const dockerfile = await readFile(join(context.root, 'Dockerfile'), 'utf8');
  await buildPageIfStale(context, onLine);
  await mkdir(store.folder, { recursive: true });
  await store.add(`${CHECKOUT_DIGEST}-bun`, await buildBunImage(store.folder, dockerfile, context.root));
  await store.add(
    `${CHECKOUT_DIGEST}-fastapi`,
    await linkPythonImage(store.folder, dockerfile, context.root),
  );
}

async function buildBunImage(parent: string, dockerfile: string, root: string): Promise<StoredImage> {
  const folder = join(parent, 'agent');
  await buildService({ root, outDir: folder });
  const programs = join(parent, 'programs');
  await rm(programs, { recursive: true, force: true });
  await mkdir(programs, { recursive: true });
  await symlink(process.execPath, join(programs, 'bun'));
  return {
    runtime: 'bun',
    title: "the agent image's own command, on the bundle, as a process",
    folder,
    path: [programs],
    ...toFolder(readStage(dockerfile, 'agent'), folder),
  };
}

/** The Python environment is too large to copy, and what is in the checkout is what the image gets. */
async function linkPythonImage(parent: string, dockerfile: string, root: string): Promise<StoredImage> {
  const folder = join(parent, 'gcp-agent');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await symlink(join(root, 'gcp-agent/.venv'), join(folder, '.venv'));
  await cp(join(root, 'gcp-agent/gcp_agent'), join(folder, 'gcp_agent'), { recursive: true });
  await cp(join(root, 'gcp-agent/agents'), join(folder, 'agents'), { recursive: true });
  await cp(pageDir(root), join(folder, 'page'), { recursive: true });
  return {
    runtime: 'fastapi',
    title: "the gcp-agent image's own command, on this checkout's Python environment, as a process",
    folder,
    path: [join(folder, '.venv/bin')],
    ...toFolder(readStage(dockerfile, 'gcp-agent'), folder),
  };
}

/** The images' working folder is /app. */
function toFolder(
  { env, command }: ReturnType<typeof readStage>,
  folder: string,
): Pick<StoredImage, 'env' | 'command'> {
  const inside = Object.entries(env).filter(([name]) => name !== 'PATH');
  return {
    command,
    env: Object.fromEntries(inside.map(([name, value]) => [name, value.replace(/^\/app(?=\/|$)/, folder)])),
  };
}
