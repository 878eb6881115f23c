import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cassette, parseCassette } from '@lornu/evaluation/cassette.ts';
import { FormatError } from '@lornu/evaluation/eval-set.ts';
import { CliError, EXIT } from '../base/cli-error.ts';

const EXTENSION = '.cassette.json';

export interface CassetteFile {
  path: string;
  cassette: Cassette;
}

/** Reads the cassettes of files and folders, sorted by name. */
export async function readCassettes(paths: readonly string[]): Promise<CassetteFile[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length === 0) {
    throw new CliError({
      what: 'There is nothing to replay.',
      why: `No file *${EXTENSION} is in ${paths.join(', ')}.`,
      next: 'Record some first: ./lornu record --help',
      exitCode: EXIT.usage,
    });
  }
  return Promise.all(files.map(async (path) => ({ path, cassette: await readOne(path) })));
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  const names = await readdir(path).catch(() => []);
  return names
    .filter((name) => name.endsWith(EXTENSION))
    .toSorted()
    .map((name) => join(path, name));
}

async function readOne(path: string): Promise<Cassette> {
  try {
    return parseCassette(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CliError({
      what: `${path} can't be played.`,
      why: error.message,
      next: 'Record it anew (./lornu record --help), or leave it out.',
      exitCode: EXIT.usage,
    });
  }
}

/** Writes cassettes into a folder, one file each, readable by the owner only. */
export async function writeCassettes(folder: string, cassettes: readonly Cassette[]): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return Promise.all(
    cassettes.map(async (cassette) => {
      const path = join(folder, `${cassette.name}${EXTENSION}`);
      await writeFile(path, `${JSON.stringify(cassette, null, 1)}\n`, { mode: 0o600 });
      return path;
    }),
  );
}
