import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

interface Reference {
  /** Actions by service. */
  actions: Readonly<Record<string, readonly string[]>>;
  /** Further actions that a call needs, by "service:Action". */
  dependent: Readonly<Record<string, readonly string[]>>;
}

const ROOT = join(import.meta.dir, '../../..');

/**
 * AWS's service authorization reference for the services in our policies, printed by
 * terraform/checks/service_authorization.py and cached in .cache/ until its inputs change.
 */
export const SERVICE_AUTHORIZATION: Reference = await readReference();

async function readReference(): Promise<Reference> {
  const sources = [
    ...new Bun.Glob('terraform/{checks/{uv.lock,service_authorization.py},aws/*/*.tf}').scanSync(ROOT),
  ];
  const hash = new Bun.CryptoHasher('sha256');
  for (const source of sources.toSorted()) {
    hash.update(await Bun.file(join(ROOT, source)).bytes());
  }
  const folder = join(ROOT, '.cache/infrastructure');
  const kept = join(folder, `service-authorization-${hash.digest('hex').slice(0, 16)}.json`);
  if (!(await Bun.file(kept).exists())) {
    const printed = Bun.spawnSync(
      'uv run --quiet --frozen --project terraform/checks python terraform/checks/service_authorization.py'.split(
        ' ',
      ),
      { cwd: ROOT },
    );
    if (!printed.success) throw new Error(printed.stderr.toString());
    mkdirSync(folder, { recursive: true });
    // Another suite may make it at the same time, so the rename must be atomic.
    const making = `${kept}.${process.pid}`;
    await Bun.write(making, printed.stdout);
    renameSync(making, kept);
  }
  return (await Bun.file(kept).json()) as Reference;
}
