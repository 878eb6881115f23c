import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PullError, type PullImage, type RunnableImage } from '../tasks/image.ts';

/** The runtime, by the names of `agent_runtime`. */
export type Runtime = 'bun' | 'fastapi';

/** How tasks run: as a process of this machine, or in a container of the image itself. */
export const TASK_FORMS = ['process', 'image'] as const;
export type TaskForm = (typeof TASK_FORMS)[number];

/**
 * An image of this checkout with its own digest; in a file, so that another command can add one while the environment
 * is served.
 */
export interface StoredImage {
  runtime: Runtime;
  revision: string;
  /** Description of how it differs from the checkout's image. */
  about?: string;
  /** Replaces the image's command. */
  command?: string[];
}

/** Builds and runs images of this checkout on this machine, in one of the forms. */
export interface ImageRunner {
  /** Prepares a runtime's image. Done once; `open` does it if needed. */
  build: (runtime: Runtime, onLine: (line: string) => void) => Promise<void>;
  open: (image: Omit<StoredImage, 'revision'> & { revision?: string }) => Promise<RunnableImage>;
  /** Stops and removes everything, except caches of the next build. */
  end: () => Promise<void>;
}

/** Images by digest, in the folder of the rehearsal. */
export interface ImageStore {
  add: (digest: string, image: StoredImage) => Promise<void>;
  /** A container's image; prepares its runtime on this machine first. */
  pull: PullImage;
}

/** The digest of `terraform apply` in a rehearsal without another one: whatever this checkout builds. */
export const CHECKOUT_DIGEST = `sha256:${'0'.repeat(64)}`;
const DIGEST = /^sha256:[\da-f]{64}$/;

export function openImageStore(rehearsalFolder: string, runner: ImageRunner): ImageStore {
  const folder = imagesFolder(rehearsalFolder);
  const pathOf = (digest: string): string => join(folder, `${digest.replace(':', '-')}.json`);
  const find = async (digest: string): Promise<StoredImage | undefined> => {
    const text = await readFile(pathOf(digest), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as StoredImage);
  };
  return {
    add: async (digest, image) => {
      if (!DIGEST.test(digest)) throw new Error(`${digest} is no digest`);
      await mkdir(folder, { recursive: true });
      await writeFile(pathOf(digest), JSON.stringify(image, null, 2));
    },
    pull: async ({ image, logStreamPrefix }) => {
      const digest = image.split('@')[1] ?? '';
      if (!DIGEST.test(digest)) throw new PullError(image, 'it is not named by a digest');
      // The checkout's own digest stands for both images; the applied runtime decides.
      if (digest === CHECKOUT_DIGEST) return runner.open({ runtime: readRuntime(logStreamPrefix) });
      const stored = await find(digest);
      if (!stored) throw new PullError(image, 'not found');
      return runner.open(stored);
    },
  };
}

/** Folder for images that are built here. */
export function imagesFolder(rehearsalFolder: string): string {
  return join(rehearsalFolder, 'images');
}

/** The runtime, from the prefix of its log streams. */
export function readRuntime(logStreamPrefix: string | undefined): Runtime {
  return logStreamPrefix === 'fastapi' ? 'fastapi' : 'bun';
}

type Work<T> = (runtime: Runtime, onLine: (line: string) => void) => Promise<T>;

/** Runs the work once per runtime; a failure is retried on the next call. */
export function oncePerRuntime<T>(work: Work<T>): Work<T> {
  const done = new Map<Runtime, Promise<T>>();
  return async (runtime, onLine) => {
    const known = done.get(runtime);
    if (known) return known;
    const doing = work(runtime, onLine);
    done.set(runtime, doing);
    doing.catch(() => done.delete(runtime));
    return doing;
  };
}
