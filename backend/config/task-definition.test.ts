import { expect, test } from 'bun:test';
import { VARIABLES } from './variables.ts';

const terraform = await Bun.file(
  new URL('../../terraform/aws/staging/environment.tf', import.meta.url),
).text();

test('the service reads every variable that the task definition sets', () => {
  const passed = new Set(terraform.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+(?= +=)|\bPORT(?= +=)/g));
  expect(passed.size).toBeGreaterThan(20);
  expect([...passed].filter((name) => !(name in VARIABLES.shape))).toEqual([]);
});

test('every secret that may be re-read has a variable', () => {
  const secrets = [...terraform.matchAll(/^ {4}([a-z0-9-]+) += \{ [A-Z]/gm)].map(
    ([, name]) => `LORNU_SECRET_ARN_${(name ?? '').toUpperCase().replaceAll('-', '_')}`,
  );
  expect(secrets.length).toBeGreaterThan(3);
  expect(secrets.filter((name) => !(name in VARIABLES.shape))).toEqual([]);
});
