import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Check, Seen, Theme } from './check.ts';
import type { Observation, Recorded } from './run-checks.ts';

/** The folder of the recordings of AWS, with one file for each theme. */
export const RECORDINGS = join(import.meta.dir, 'recordings');

const RECORDING = z.object({
  /** The results of the checks by id, each with the day of the recording. */
  checks: z.record(z.string(), z.object({ on: z.iso.date(), seen: z.json() })),
});

/** Reads all recordings of a folder. Returns none if the folder does not exist. */
export async function readRecordings(folder = RECORDINGS): Promise<Recorded> {
  const names = await readdir(folder).catch(() => []);
  const recorded = new Map<string, { seen: Seen; on: string }>();
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const { checks } = RECORDING.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
    for (const [id, { on, seen }] of Object.entries(checks)) recorded.set(id, { on, seen });
  }
  return recorded;
}

/** Replaces the recordings with new results. A check that failed keeps its earlier recording. */
export async function writeRecordings(
  checks: readonly Check[],
  observations: readonly Observation[],
  on: string,
  secrets: readonly string[],
  folder = RECORDINGS,
): Promise<string[]> {
  const before = await readRecordings(folder);
  const themes = new Map<Theme, Record<string, { on: string; seen: Seen }>>();
  for (const { id, theme } of checks) {
    const now = observations.find((one) => one.id === id);
    const known = before.get(id);
    const entry = now && 'seen' in now ? { on, seen: mask(now.seen, secrets) } : known;
    if (entry) themes.set(theme, { ...themes.get(theme), [id]: { on: entry.on, seen: entry.seen } });
  }
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [theme, entries] of themes) {
    const path = join(folder, `${theme}.json`);
    await writeFile(path, `${JSON.stringify({ checks: entries }, null, 2)}\n`);
    written.push(path);
  }
  return written;
}

/** Masks account numbers and the given names (region, stack, load balancer), so that they are not recorded. */
export function mask(seen: Seen, secrets: readonly string[]): Seen {
  if (typeof seen === 'string') {
    const known = secrets.filter(Boolean).reduce((text, secret) => text.replaceAll(secret, '…'), seen);
    return known.replaceAll(/(?<!\d)\d{12}(?!\d)/g, '…');
  }
  if (Array.isArray(seen)) return seen.map((one: Seen) => mask(one, secrets));
  if (seen === null || typeof seen !== 'object') return seen;
  return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, mask(value, secrets)]));
}
