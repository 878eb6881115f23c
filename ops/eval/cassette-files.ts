import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Cassette, parseCassette, splitRequests } from '@lornu/evaluation/cassette.ts';
import { FormatError } from '@lornu/evaluation/eval-set.ts';
import { CliError, EXIT } from '../base/cli-error.ts';

const EXTENSION = '.cassette.json';
/**
 * What the agents of the cassettes in a folder ask the model, by digest: stored once, so that a changed instruction is
 * one change in Git.
 */
const REQUESTS = 'requests.json';

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
    return parseCassette(await readFile(path, 'utf8'), await readRequests(dirname(path)));
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

/** Empty if the folder has none, or if it is not JSON: cassettes can be played without them. */
async function readRequests(folder: string): Promise<Record<string, unknown>> {
  const file = Bun.file(join(folder, REQUESTS));
  return (await file.exists()) ? ((await file.json().catch(() => ({}))) as Record<string, unknown>) : {};
}

/** Writes cassettes and, once for each folder, what their agents ask the model; readable by the owner only. */
export async function writeCassettes(files: readonly CassetteFile[]): Promise<void> {
  for (const [folder, ones] of Map.groupBy(files, ({ path }) => dirname(path))) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const requests = await readRequests(folder);
    for (const { path, cassette } of ones) {
      const split = splitRequests(cassette);
      Object.assign(requests, split.requests);
      await writeJson(path, split.cassette);
    }
    const texts = await Promise.all((await filesOf(folder)).map(async (path) => readFile(path, 'utf8')));
    const used = Object.entries(requests).filter(([digest]) => texts.some((text) => text.includes(digest)));
    await writeJson(join(folder, REQUESTS), Object.fromEntries(used));
  }
}

/** The file of a cassette in a folder. */
export const cassettePath = (folder: string, { name }: Cassette): string =>
  join(folder, `${name}${EXTENSION}`);

const writeJson = async (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
