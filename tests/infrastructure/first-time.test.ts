import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { SECRET_FORMS } from '@lornu/ops/secrets/secret-forms.ts';
import { getDocuments, ROOT } from './plan/documents.ts';

const readme = await Bun.file(join(ROOT, 'terraform/README.md')).text();
const firstTime = readme.slice(readme.indexOf('## First-time setup'), readme.indexOf('## Tear it down'));

// An undocumented variable keeps its default, and the pipeline would be refused something in the middle of an apply.
setDefaultTimeout(10 * 60_000);

test('the first time names every variable of bootstrap', async () => {
  const { bootstrap } = await getDocuments();
  const names = Object.keys(bootstrap.configuration.root_module.variables ?? {});
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !firstTime.includes(name))).toEqual([]);
});

test('the first time says of each secret when it is needed', () => {
  const unnamed = Object.keys(SECRET_FORMS).filter((name) => !firstTime.includes(`\`${name}\``));
  expect(unnamed).toEqual([]);
});

test('secrets are set before staging is applied', () => {
  expect(firstTime.indexOf('./lornu secrets set')).toBeLessThan(firstTime.indexOf('`aws/staging`'));
});
