import { expect, test } from 'bun:test';
import { rootOf, toBranch, versionsIn, type Branching } from './branches.ts';

/** A has two other versions of its third turn; C has another of its fourth, which continues from there. */
const ALL: Branching[] = [
  { id: 'a' },
  { id: 'b', branch: { of: 'a', turn: 2 } },
  { id: 'c', branch: { of: 'a', turn: 2 } },
  { id: 'd', branch: { of: 'c', turn: 3 } },
];

test('each version of a turn leads to all the others', () => {
  expect(versionsIn(ALL, 'a')).toEqual(new Map([[2, { ids: ['a', 'b', 'c'], at: 0 }]]));
  expect(versionsIn(ALL, 'b')).toEqual(new Map([[2, { ids: ['a', 'b', 'c'], at: 1 }]]));
  expect(versionsIn(ALL, 'd')).toEqual(
    new Map([
      [2, { ids: ['a', 'b', 'c'], at: 2 }],
      [3, { ids: ['c', 'd'], at: 1 }],
    ]),
  );
  expect(versionsIn(ALL, 'elsewhere')).toEqual(new Map());
});

test('versions are counted as they were created, whichever was continued last', () => {
  const listed = [
    { id: 'c', branch: { of: 'a', turn: 2, at: 30 } },
    { id: 'a' },
    { id: 'b', branch: { of: 'a', turn: 2, at: 20 } },
  ];
  expect(versionsIn(listed, 'c')).toEqual(new Map([[2, { ids: ['a', 'b', 'c'], at: 2 }]]));
});

test('a version of a version is listed beside it, and one of a shared turn beside the first', () => {
  expect(toBranch(ALL, 'b', 2)).toEqual({ of: 'a', turn: 2 });
  expect(toBranch(ALL, 'd', 1)).toEqual({ of: 'a', turn: 1 });
  expect(toBranch(ALL, 'd', 2)).toEqual({ of: 'a', turn: 2 });
  expect(toBranch(ALL, 'd', 5)).toEqual({ of: 'd', turn: 5 });
});

test('all versions are one conversation, even if the first was deleted or the links form a cycle', () => {
  expect(ALL.map(({ id }) => rootOf(ALL, id))).toEqual(['a', 'a', 'a', 'a']);
  const orphans = ALL.filter(({ id }) => id !== 'a');
  expect(orphans.map(({ id }) => rootOf(orphans, id))).toEqual(['a', 'a', 'a']);
  expect(versionsIn(orphans, 'b')).toEqual(new Map([[2, { ids: ['b', 'c'], at: 0 }]]));
  const circle = [
    { id: 'x', branch: { of: 'y', turn: 1 } },
    { id: 'y', branch: { of: 'x', turn: 1 } },
  ];
  expect(['x', 'y']).toContain(rootOf(circle, 'x'));
  expect(() => versionsIn(circle, 'x')).not.toThrow();
});
