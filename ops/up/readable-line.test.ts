import { expect, test } from 'bun:test';
import { readableLine } from './readable-line.ts';

test('a JSON log line is made readable, any other line is unchanged', () => {
  const lines = [
    '{"time":"…","level":"warn","message":"few requests at once","limit":256,"next":"Raise it."}',
    '{"level":"error","message":"An agent could not be loaded","appName":"trial","reason":"no rootAgent"}',
    '{"level":"warn","message":"adk","text":"Tool not found."}',
    '{"half": ',
    'plain words',
  ];
  expect(lines.map(readableLine)).toEqual([
    'warn: few requests at once. Raise it.',
    'error: An agent could not be loaded (trial: no rootAgent)',
    'warn: adk (Tool not found.)',
    '{"half": ',
    'plain words',
  ]);
});
