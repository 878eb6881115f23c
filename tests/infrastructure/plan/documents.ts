import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryRehearsal } from '../../rehearsal/whole/kit.ts';
import type { Documents } from './document.ts';
import { applyBoth, readDocuments, type AppliedStacks } from './make-documents.ts';

export const ROOT = join(import.meta.dir, '../../..');
const CACHE = join(ROOT, '.cache/infrastructure');

/** Everything the plans depend on: the files, how they are applied, and the emulator. */
const SOURCES = [
  'terraform/aws/*/*.tf',
  'rehearsal/aws/**/*.py',
  'rehearsal/aws/requirements.txt',
  'ops/without-registry/aws-provider/provider-source.ts',
  'rehearsal/run/{apply-stack,given-account}.ts',
  'rehearsal/terraform/{override,variables,stacks}.ts',
  'tests/infrastructure/plan/make-documents.ts',
];

/**
 * The plans of both stacks: from an earlier run with the same files, else new ones after a separate apply (one to two
 * minutes). The rehearsal's tests store theirs here too.
 */
export async function getDocuments(): Promise<Documents> {
  const path = await cachePath();
  const cached = Bun.file(path);
  if (await cached.exists()) return (await cached.json()) as Documents;
  const rehearsal = await temporaryRehearsal();
  try {
    const applied = await applyBoth(rehearsal.context);
    try {
      return await saveDocuments(applied);
    } finally {
      await applied.standing.emulator.stop();
    }
  } finally {
    await rehearsal.remove();
  }
}

/** Reads the plans of the applied environment and stores them for later runs. */
export async function saveDocuments(applied: AppliedStacks): Promise<Documents> {
  const documents = await readDocuments(applied);
  const path = await cachePath();
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE)) {
    if (/^plans-\w+\.json$/.test(name)) await rm(join(CACHE, name), { force: true });
  }
  // Written under another name first, so that an interrupted run leaves no partial file.
  const making = `${path}.${process.pid}`;
  await Bun.write(making, JSON.stringify(documents));
  await rename(making, path);
  return documents;
}

async function cachePath(): Promise<string> {
  const hash = createHash('sha256');
  const names = new Set<string>();
  for (const pattern of SOURCES) {
    for await (const name of new Bun.Glob(pattern).scan({ cwd: ROOT })) {
      if (!name.includes('.terraform/') && !name.endsWith('.test.ts')) names.add(name);
    }
  }
  for (const name of [...names].toSorted()) {
    hash
      .update(name)
      .update('\0')
      .update(await Bun.file(join(ROOT, name)).bytes())
      .update('\0');
  }
  return join(CACHE, `plans-${hash.digest('hex').slice(0, 16)}.json`);
}
