import { expect, test } from 'bun:test';
import { pageState, toSummary, withTurnBegun } from './metadata.ts';

const SAID_AT = 1_700_000_000;
const RENAMED_AT = SAID_AT + 86_400;

/** When something was last said, according to the list, in a session that was renamed at `RENAMED_AT`. */
function saidAt(lastUpdateTime: number, changed = { at: RENAMED_AT, saidAt: SAID_AT }): number {
  const state = pageState({ isPinned: false, branch: undefined, changed });
  return toSummary({ id: 's', appName: 'lornu', userId: 'ann', state, lastUpdateTime }).saidAt;
}

test('what the page stores of a version is read again', () => {
  const branch = { of: 'a', turn: 1, at: SAID_AT };
  const state = pageState({ isPinned: true, branch });
  const summary = toSummary({ id: 's', appName: 'lornu', userId: 'ann', state });
  expect(summary).toMatchObject({ isPinned: true, branch });
});

test('a change of its name does not count as something that was said, and what is said later does', () => {
  expect(saidAt(RENAMED_AT)).toBe(SAID_AT);
  expect(saidAt(RENAMED_AT + 1)).toBe(SAID_AT);
  expect(saidAt(RENAMED_AT + 3)).toBe(RENAMED_AT + 3);
  // From a device whose clock is an hour ahead.
  expect(saidAt(RENAMED_AT + 3, { at: RENAMED_AT + 3_600, saidAt: SAID_AT })).toBe(RENAMED_AT + 3);
});

test('a turn that begins moves its conversation to the top, also on a device whose clock is a day behind', () => {
  const list = [SAID_AT + 2, SAID_AT + 1, SAID_AT].map((lastUpdateTime) =>
    toSummary({ id: String(lastUpdateTime - SAID_AT), appName: 'lornu', userId: 'ann', lastUpdateTime }),
  );
  for (const nowSeconds of [SAID_AT + 3, SAID_AT - 86_400])
    expect(withTurnBegun(list, '0', nowSeconds).map(({ id }) => id)).toEqual(['0', '2', '1']);
});
