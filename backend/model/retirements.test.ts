import { MODEL } from '@lornu/agents/model.ts';
import { describe, expect, test } from 'bun:test';
import { isAnswerOf, RETIREMENTS, retirementStateOf, type Retirement } from './retirements.ts';

const at = (day: string): number => Date.parse(day);
const row = (more: Partial<Retirement> = {}): Retirement[] => [
  { model: MODEL, api: 'gemini-api', on: '2030-03-31', source: 'https://example.com', ...more },
];

/** Why this model must be replaced now, through either API. */
function mustGo(model: string, now: number, retirements = RETIREMENTS): string | undefined {
  return (['gemini-api', 'vertex'] as const)
    .map((api) => retirementStateOf(model, api, now, retirements))
    .find((standing) => standing && standing.state !== 'later')?.sentence;
}

describe('the model of the agents', () => {
  test('is not retired within the next 30 days: choose another one in agents/model.ts', () => {
    expect(mustGo(MODEL, Date.now())).toBeUndefined();
  });

  test('is reported from 30 days before its retirement on', () => {
    expect(mustGo(MODEL, at('2030-02-28'), row())).toBeUndefined();
    expect(mustGo(MODEL, at('2030-03-01'), row())).toBe(`${MODEL} will be retired on 2030-03-31, in 30 days`);
    expect(mustGo(MODEL, at('2030-04-01'), row())).toBe(`${MODEL} was retired on 2030-03-31`);
    expect(mustGo(MODEL, at('2030-03-01'), row({ api: 'vertex', atEarliest: true }))).toContain(
      'may be retired from',
    );
  });

  test('would be reported today if it were the previous one', () => {
    expect(mustGo('gemini-2.5-flash', at('2026-11-29'))).toBe(
      'gemini-2.5-flash will be retired on 2026-12-01, in 2 days, then gemini-3.5-flash-lite answers in its place',
    );
  });
});

test.each<[string, 'gemini-api' | 'vertex', string, string | undefined]>([
  ['gemini-2.5-flash', 'vertex', '2026-11-29', 'gemini-2.5-flash was retired on 2026-10-20'],
  ['models/gemini-2.0-flash-001', 'gemini-api', '2026-11-29', 'gemini-2.0-flash was retired on 2026-06-01'],
  [
    'gemini-3.7-flash',
    'gemini-api',
    '2026-11-29',
    'gemini-3.7-flash was retired on 2026-10-08; gemini-3.8-flash answers in its place',
  ],
  ['gemini-3.6-flash', 'gemini-api', '2026-11-29', undefined],
])('%s on %s, seen on %s', (model, api, day, sentence) => {
  expect(retirementStateOf(model, api, at(day))?.sentence).toBe(sentence);
});

test('the table is sorted, with valid days and sources', () => {
  const days = RETIREMENTS.map(({ on }) => on);
  expect(days.toSorted()).toEqual(days);
  for (const { on, source } of RETIREMENTS) {
    expect(new Date(on).toISOString()).toStartWith(on);
    expect(source).toStartWith('https://');
  }
  const keys = RETIREMENTS.map(({ model, api }) => `${model} ${api}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test.each([
  ['gemini-3.8-flash', 'gemini-3.8-flash', true],
  ['models/gemini-3.8-flash', 'stand-in for gemini-3.8-flash', true],
  ['gemini-2.0-flash', 'gemini-2.0-flash-001', true],
  ['gemini-2.0-flash-001', 'gemini-2.0-flash', true],
  ['gemini-2.5-flash-preview', 'gemini-2.5-flash-preview-09-2025', true],
  ['gemini-flash-latest', 'gemini-3.8-flash', true],
  ['gemini-2.5-flash-latest', 'gemini-3.8-flash', true],
  ['projects/p/locations/l/endpoints/1', 'anything', true],
  ['gemini-2.5-flash', 'gemini-3.5-flash-lite', false],
  ['gemini-3.5-flash', 'gemini-3.5-flash-lite', false],
  ['gemini-3.7-flash', 'gemini-3.8-flash', false],
  ['gemini-3.8-flash', 'stand-in for gemini-2.5-flash', false],
])('asked for %s, answered by %s: %p', (asked, answered, is) => {
  expect(isAnswerOf(asked, answered)).toBe(is);
});
