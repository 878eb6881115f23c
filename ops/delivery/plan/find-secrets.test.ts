import { expect, test } from 'bun:test';
import { findSecrets } from './find-secrets.ts';

const change = (after: unknown, after_sensitive: unknown) => ({
  resource_changes: [
    { address: 'aws_x.a', change: { before: null, after, before_sensitive: false, after_sensitive } },
  ],
});

test('a sensitive value is found at any place', () => {
  expect(findSecrets(change({ secret_string: 'x' }, { secret_string: true }))).toEqual([
    'aws_x.a.secret_string',
  ]);
  const deep = change({ list: [{ a: 'x', b: 'y' }] }, { list: [{ a: false, b: true }] });
  expect(findSecrets(deep)).toEqual(['aws_x.a.list.0.b']);
  expect(findSecrets(change({ anything: 'x' }, true))).toEqual(['aws_x.a']);
});

test('a mark without a value is ignored: null, empty, or known after the apply', () => {
  for (const value of [null, undefined, '', [], {}, { a: null }])
    expect(findSecrets(change({ key: value }, { key: true }))).toEqual([]);
  expect(findSecrets(change({}, { key: true }))).toEqual([]);
  expect(findSecrets(change({ key: 'x' }, {}))).toEqual([]);
});

test('prior values, drift, outputs and variables are searched too', () => {
  const old = { before: { key: 'x' }, before_sensitive: { key: true }, after: null, after_sensitive: false };
  expect(findSecrets({ resource_drift: [{ address: 'aws_x.a', change: old }] })).toEqual(['aws_x.a.key']);
  expect(findSecrets({ output_changes: { out: { after: 'x', after_sensitive: true } } })).toEqual([
    'output.out',
  ]);
  const configuration = { root_module: { variables: { key: { sensitive: true }, name: {} } } };
  const variables = { key: { value: 'x' }, name: { value: 'y' } };
  expect(findSecrets({ configuration, variables })).toEqual(['var.key']);
});

test('any other document is refused', () => {
  expect(() => findSecrets('nothing')).toThrow();
});
