import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface PageFile {
  contentType: string;
  /** The name contains a hash of the content, so browsers may cache it for ever. */
  immutable: boolean;
  /** Strong ETag of the uncompressed bytes. */
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  gzip?: Uint8Array<ArrayBuffer>;
  br?: Uint8Array<ArrayBuffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
};

const COMPRESSIBLE = /^(?:text\/|application\/json|application\/manifest|image\/svg)/;
/** A hash of eight or more letters and digits before the extension, as bundlers write it. */
const HASHED = /[-.][A-Za-z0-9_]{8,}\.\w+$/;

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/**
 * The files of a built page by URL path, read and compressed on first request. Only files that existed when the folder
 * was listed are served, so no path can leave it.
 */
export class PageFiles {
  readonly #dir: string;
  readonly #paths: ReadonlySet<string>;
  readonly #read = new Map<string, Promise<PageFile>>();

  private constructor(dir: string, paths: ReadonlySet<string>) {
    this.#dir = dir;
    this.#paths = paths;
  }

  /**
   * Lists the folder; a missing folder gives a page without files. Symbolic links are not followed and dotfiles are
   * skipped.
   */
  static list(dir: string): PageFiles {
    const paths = new Set<string>();
    try {
      for (const path of new Bun.Glob('**/*').scanSync({
        cwd: dir,
        onlyFiles: true,
        followSymlinks: false,
      })) {
        if (CONTENT_TYPES[ending(path)]) paths.add(path);
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return new PageFiles(dir, paths);
  }

  /** The file for a path without its leading slash; the empty path is index.html. Undefined if there is none. */
  async get(path: string): Promise<PageFile | undefined> {
    const name = path === '' ? 'index.html' : path;
    if (!this.#paths.has(name)) return undefined;
    const file = this.#read.get(name) ?? readPageFile(this.#dir, name);
    this.#read.set(name, file);
    file.catch(() => this.#read.delete(name));
    return file;
  }
}

async function readPageFile(dir: string, name: string): Promise<PageFile> {
  const plain = new Uint8Array(await readFile(join(dir, name)));
  const contentType = CONTENT_TYPES[ending(name)] ?? 'application/octet-stream';
  const file: PageFile = {
    contentType,
    immutable: HASHED.test(name),
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
  };
  if (!COMPRESSIBLE.test(contentType)) return file;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  const [gz, br] = await Promise.all([compressGzip(plain), compressBrotli(plain, quality)]);
  return { ...file, gzip: new Uint8Array(gz), br: new Uint8Array(br) };
}

function ending(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
