import type { Database } from 'bun:sqlite';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Unusable } from '../observability/readiness.ts';

/** A SQLite file's log grows by this much before it is written back (OWN_CHECKPOINT_PAGES). */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;

/**
 * Throws Unusable where a folder's disk has too little room for what the service accepts. Reading still works then, so a
 * probe that only reads does not notice.
 */
export async function assertDiskRoom(
  folder: string,
  freeBytesOf: (folder: string) => Promise<number> = freeBytes,
): Promise<void> {
  const free = await freeBytesOf(folder);
  if (free < LEAST_FREE_BYTES) throw new Unusable(`The disk is full: ${mebibytes(free)} MiB are left.`);
}

/** The same for the file of a database; one in memory has no disk. */
export async function assertRoomOf({ filename }: Database): Promise<void> {
  if (filename !== '' && filename !== ':memory:') await assertDiskRoom(dirname(filename));
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
