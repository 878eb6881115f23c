import { expect, test } from 'bun:test';
import { createProgress } from './progress.ts';

const event = (type: string, addr: string, action = 'create') => ({
  type,
  '@message': '',
  hook: { resource: { addr }, action },
});

test('an interrupted apply is reported as four kinds of changes', () => {
  const progress = createProgress([
    { address: 'a', action: 'create' },
    { address: 'b', action: 'replace' },
    { address: 'c', action: 'update' },
    { address: 'd', action: 'replace' },
    { address: 'e', action: 'create' },
  ]);
  for (const one of [
    event('apply_start', 'a'),
    event('apply_complete', 'a'),
    event('apply_start', 'b', 'delete'),
    event('apply_complete', 'b', 'delete'),
    event('apply_start', 'b'),
    event('apply_complete', 'b'),
    event('apply_start', 'c'),
    event('apply_errored', 'c'),
    event('apply_start', 'd', 'delete'),
    event('apply_complete', 'd', 'delete'),
    event('apply_complete', 'e', 'read'),
  ])
    progress.take(one);
  expect(progress.read()).toEqual({ done: ['a', 'b'], failed: ['c'], unknown: ['d'], untouched: ['e'] });
});
