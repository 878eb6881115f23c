import { expect, test } from 'bun:test';
import type { AdkEvent } from '../api/types.ts';
import { toFailureWords } from '../chat/failure-words.ts';
import { mergeFrame } from '../chat/merge-frame.ts';
import { toPreview } from '../chat/preview.ts';
import { toTurns } from '../chat/to-turns.ts';
import { own } from './own.ts';

/** Properties of every JavaScript object. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

test.each(NAMES)('the key %s finds nothing but its own value', (name) => {
  expect(own({}, name)).toBeUndefined();
  expect(own(JSON.parse(`{"${name}": 1}`) as Record<string, number>, name)).toBe(1);
});

test.each(NAMES)('a type, an error or a file called %s works like any other', (name) => {
  expect(toPreview({ mimeType: name, bytes: new Uint8Array() })).toEqual({ kind: 'none' });
  expect(toFailureWords(name)).toEqual(toFailureWords('UNKNOWN'));
  const frame = (id: string): AdkEvent =>
    JSON.parse(`{"id":"${id}","author":"lornu","actions":{"artifactDelta":{"${name}":1}}}`) as AdkEvent;
  const whole = mergeFrame([{ ...frame('a'), content: { parts: [{ text: 'x' }] } }], frame('a'));
  expect(toTurns(whole)[0]?.items).toMatchObject([{ kind: 'text' }, { kind: 'artifact', filename: name }]);
});
