import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCE_TYPES, SERVICES } from './resource-types.ts';

const ROOT = join(import.meta.dir, '../..');

test('there is a row for each resource type in terraform/aws, and no other', () => {
  const files = [...new Bun.Glob('terraform/aws/*/*.tf').scanSync(ROOT)];
  const declared = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^resource "(\w+)"/gm)].map(([, type = '']) => type),
  );
  expect(Object.keys(RESOURCE_TYPES).toSorted()).toEqual([...new Set(declared)].toSorted());
});

test('each service is listed once, in alphabetical order', () => {
  expect(SERVICES).toContain('budgets');
  expect(SERVICES).toEqual([...new Set(SERVICES)].toSorted());
});
