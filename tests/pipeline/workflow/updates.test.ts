import { expect, test } from 'bun:test';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { runCommand } from '../../../ops/process/run-command.ts';
import { parseWorkflow } from './workflow.ts';

// Pinned versions become outdated, so Dependabot or Renovate must watch every pin.

const ROOT = join(import.meta.dir, '../../..');
const read = async (name: string): Promise<string> => Bun.file(join(ROOT, name)).text();
const listed = await runCommand([
  'git',
  '-C',
  ROOT,
  'ls-files',
  '--cached',
  '--others',
  '--exclude-standard',
]);
const files = listed.stdout.split('\n').filter(Boolean);

interface Update {
  'package-ecosystem': string;
  directory?: string;
  directories?: string[];
}
const { updates } = parse(await read('.github/dependabot.yml')) as { updates: Update[] };
const renovate = JSON.parse(await read('renovate.json')) as {
  enabledManagers: string[];
  customManagers: { managerFilePatterns: string[]; matchStrings: string[]; depNameTemplate: string }[];
};

/** Folders that Dependabot checks, as "bun /". */
const watched = updates.flatMap(({ 'package-ecosystem': ecosystem, directory, directories = [] }) =>
  [...(directory ? [directory] : []), ...directories].map((folder) => `${ecosystem} ${folder}`),
);
const folderOf = (file: string): string => (dirname(file) === '.' ? '/' : `/${dirname(file)}`);

/** Files that pin something, and who watches them. */
const PINNED: [RegExp, string][] = [
  [/(^|\/)bun\.lock$/, 'bun'],
  [/(^|\/)uv\.lock$/, 'uv'],
  [/(^|\/)requirements\.txt$/, 'pip'],
  [/^terraform\/.*versions\.tf$/, 'terraform'],
];

test('Dependabot checks the folder of every lock file, and no other', () => {
  const pinned = files.flatMap((file) =>
    PINNED.filter(([pattern]) => pattern.test(file)).map(([, ecosystem]) => `${ecosystem} ${folderOf(file)}`),
  );
  expect(pinned.length).toBeGreaterThan(6);
  expect([...new Set([...pinned, 'github-actions /'])].toSorted()).toEqual(watched.toSorted());
});

test('base images are arguments of the one Dockerfile, which Renovate reads and Dependabot does not', async () => {
  expect(files.filter((file) => /(^|\/)(Dockerfile|Containerfile)$/.test(file))).toEqual(['Dockerfile']);
  const bases = (await read('Dockerfile')).match(/^FROM .*$/gm) ?? [];
  const stages = bases.flatMap((line) => / AS (\S+)$/.exec(line)?.[1] ?? []);
  const named = bases.map(
    (line) => line.split(' ').find((word) => word !== 'FROM' && !word.startsWith('--')) ?? '',
  );
  const plain = named.filter(
    (base) => !base.startsWith('${') && base !== 'scratch' && !stages.includes(base),
  );
  expect(plain).toEqual([]);
  expect(renovate.enabledManagers).toContain('dockerfile');
});

test('Renovate finds every version that the workflow passes to an action', async () => {
  const file = '.github/workflows/terraform-aws.yml';
  const text = await read(file);
  const versions = Object.values(parseWorkflow(text).jobs).flatMap(({ steps }) =>
    steps.flatMap(({ with: given = {} }) =>
      Object.values(given).filter((value) => /^v?\d+\.\d+\.\d+$/.test(value)),
    ),
  );
  const found = renovate.customManagers.flatMap(({ managerFilePatterns, matchStrings }) => {
    expect(managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file))).toBe(true);
    return matchStrings.flatMap((pattern) =>
      [...text.matchAll(new RegExp(pattern, 'g'))].map(({ groups }) => groups?.['currentValue'] ?? ''),
    );
  });
  expect(versions.length).toBeGreaterThan(6);
  expect(found.toSorted()).toEqual(versions.toSorted());
});
