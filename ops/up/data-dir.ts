import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { CliError, EXIT } from '../base/cli-error.ts';

/** For SQLite's write-ahead log and a day of logs; with less, conversations would fail half-way. */
const LEAST_FREE_BYTES = 50_000_000;

/** Creates the folder for databases and logs; throws if it is not writable or the disk is nearly full. */
export async function claimDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK);
  } catch (cause) {
    throw notUsable(dir, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < LEAST_FREE_BYTES) {
    throw notUsable(dir, `Its disk has ${Math.round((bavail * bsize) / 1e6)} MB left; 50 MB are needed.`);
  }
}

/** There is a file in its place, or no folder can be made there. */
const NO_FOLDER = new Set(['EEXIST', 'ENOTDIR', 'ENOENT', 'ENAMETOOLONG']);

function notUsable(dir: string, why: string, cause?: unknown): CliError {
  const other = 'another folder: ./lornu up --data-dir FOLDER';
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new CliError({
    what: `Conversations can't be kept in ${dir}.`,
    why,
    next: NO_FOLDER.has(code) ? `Name ${other}` : `Free some space or change its owner; or name ${other}`,
    exitCode: EXIT.machine,
    cause,
  });
}
