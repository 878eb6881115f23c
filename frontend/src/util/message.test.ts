import { expect, test } from 'bun:test';
import { toMessage } from './message.ts';

test.each([
  ['    return 1\n  end\n', '    return 1\n  end'],
  ['\n \n\tif x:\n', '\tif x:'],
  ['hello', 'hello'],
  [' \n\t\n', ''],
])('%j is sent as %j', (draft, message) => {
  expect(toMessage(draft)).toBe(message);
});
