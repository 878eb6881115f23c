import { storedObject } from '../../errors/stored-json.ts';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors/app-error.ts';
import type {
  ArtifactFiles,
  ArtifactKey,
  ArtifactScope,
  StoredBytes,
  StoredContent,
  StoredVersion,
} from '../artifact-files.ts';
import { assertDiskRoom } from '../../sqlite/disk-room.ts';
import { toArtifactUri } from '../artifact-uri.ts';

const SLICE_BYTES = 192 * 1024;

/**
 * Artifacts in a folder:
 *
 * <app>/<user>/<session, or "user">/<name>/<version>/{content,about.json}
 *
 * `toFolderName` makes every name valid on any file system. A version is written to a temporary folder and then
 * renamed, so that readers see all of it or nothing, and one of two writers of the same version fails.
 */
export class DiskArtifactFiles implements ArtifactFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async versions(key: ArtifactKey): Promise<number[]> {
    const entries = await list(this.#artifactDir(key));
    return entries
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .toSorted((a, b) => a - b);
  }

  async create(key: ArtifactKey, version: number, { bytes, ...about }: StoredContent): Promise<boolean> {
    const dir = this.#artifactDir(key);
    const aside = join(dir, `.${randomUUID()}`);
    const canonicalUri = toArtifactUri(key, version);
    const stored: StoredVersion & { filename: string } = {
      ...about,
      filename: key.filename,
      version,
      canonicalUri,
      createTime: Date.now() / 1000,
    };
    try {
      await mkdir(aside, { recursive: true });
      await writeFile(join(aside, 'content'), bytes);
      await writeFile(join(aside, 'about.json'), JSON.stringify(stored));
      await rename(aside, join(dir, String(version)));
      return true;
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
      if (hasCode(error, 'ENOSPC', 'EDQUOT'))
        throw new AppError('ARTIFACTS_UNAVAILABLE', 'The disk is full: nothing was stored.', {
          cause: error,
        });
      throw new AppError('ARTIFACTS_UNAVAILABLE', undefined, { cause: error });
    }
  }

  async describe(key: ArtifactKey, version: number): Promise<StoredVersion | undefined> {
    const text = await read(join(this.#artifactDir(key), String(version), 'about.json'));
    return text
      ? (storedObject(text.toString(), 'the description of an artifact') as unknown as StoredVersion)
      : undefined;
  }

  async read(key: ArtifactKey, version: number): Promise<Uint8Array | undefined> {
    return read(join(this.#artifactDir(key), String(version), 'content'));
  }

  async open(key: ArtifactKey, version: number): Promise<StoredBytes | undefined> {
    const file = Bun.file(join(this.#artifactDir(key), String(version), 'content'));
    return (await file.exists()) ? { size: file.size, stream: slicesOf(file) } : undefined;
  }

  async names(scope: ArtifactScope): Promise<string[]> {
    const dir = this.#scopeDir(scope);
    const names = await Promise.all((await list(dir)).map((name) => nameIn(join(dir, name))));
    return names.filter((name) => name !== undefined);
  }

  async remove(key: ArtifactKey): Promise<void> {
    await rm(this.#artifactDir(key), { recursive: true, force: true });
  }

  async probe(): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    await access(this.#root);
    await assertDiskRoom(this.#root);
  }

  #scopeDir({ appName, userId, scope }: ArtifactScope): string {
    // Cannot be a session's folder: names made by toFolderName end in a hash.
    const last = scope === 'user' ? 'user' : toFolderName(scope.session);
    return join(this.#root, toFolderName(appName), toFolderName(userId), last);
  }

  #artifactDir(key: ArtifactKey): string {
    return join(this.#scopeDir(key), toFolderName(key.filename));
  }
}

/**
 * Reads a file in slices, because Bun's own file stream reads ahead of a slow reader. Other requests run between two
 * slices.
 */
function slicesOf(file: Bun.BunFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(out) {
        const slice = await file.slice(at, at + SLICE_BYTES).bytes();
        at += slice.byteLength;
        if (slice.byteLength > 0) out.enqueue(slice);
        await new Promise(setImmediate);
        if (at >= file.size) out.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A readable folder name. Different names get different folders even on file systems that ignore case or normalise
 * Unicode.
 */
function toFolderName(name: string): string {
  const readable = name
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 60);
  return `${readable}~${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

async function nameIn(artifactDir: string): Promise<string | undefined> {
  const version = (await list(artifactDir)).find((name) => /^\d+$/.test(name));
  if (version === undefined) return undefined;
  const text = await read(join(artifactDir, version, 'about.json'));
  return text
    ? (storedObject(text.toString(), 'the description of an artifact')['filename'] as string)
    : undefined;
}

async function list(dir: string): Promise<string[]> {
  return orMissing(readdir(dir), []);
}

async function read(path: string): Promise<Buffer | undefined> {
  return orMissing(readFile(path), undefined);
}

/** A missing file is not an error; an unreadable disk is. */
async function orMissing<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return otherwise;
    throw new AppError('ARTIFACTS_UNAVAILABLE', undefined, { cause: error });
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
