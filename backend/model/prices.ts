import type { Event } from '@google/adk';
import { baseName } from './model-rules.ts';

/** US dollars for a million tokens, of the standard tier and of text. Thinking is billed as output. */
interface Price {
  input: number;
  /** Of input that the model's side had in its cache. */
  cached: number;
  output: number;
  /** Of calls whose prompt is longer than LONG_PROMPT tokens, where they cost more. */
  long?: { input: number; cached: number; output: number };
  /** First day (UTC) of this price; of several rows of a model the newest that has begun counts. */
  from?: string;
}

export const PRICES_SOURCE = 'https://ai.google.dev/gemini-api/docs/pricing';
/** The day on which that page was last read, in stored copies and quotations of July to November 2026. */
export const PRICES_READ_ON = '2026-11-29';

const LONG_PROMPT = 200_000;

const FLASH: Price[] = [
  { input: 0.75, cached: 0.075, output: 3.75 },
  { input: 1.5, cached: 0.15, output: 7.5, from: '2027-01-01' },
];
const PRO_31: Price[] = [{ input: 2, cached: 0.2, output: 12, long: { input: 4, cached: 0.4, output: 18 } }];

/** Models that are not listed have no price: their tokens are counted, their cost is not guessed. */
const PRICES = new Map<string, Price[]>(
  Object.entries({
    'gemini-4-neon': [{ input: 3, cached: 0.15, output: 15 }],
    'gemini-4-hydrogen': [{ input: 1.5, cached: 0.075, output: 7.5 }],
    'gemini-3.8-flash': FLASH,
    'gemini-3.7-flash': FLASH,
    'gemini-3.6-flash': FLASH,
    'gemini-3.5-flash': [{ input: 1.5, cached: 0.15, output: 9 }],
    'gemini-3.5-flash-lite': [{ input: 0.3, cached: 0.03, output: 2.5 }],
    'gemini-3.1-pro-preview': PRO_31,
    'gemini-3.1-flash-lite': [{ input: 0.25, cached: 0.025, output: 1.5 }],
    'gemini-3-flash-preview': [{ input: 0.5, cached: 0.05, output: 3 }],
    'gemini-2.5-pro': [
      { input: 1.25, cached: 0.125, output: 10, long: { input: 2.5, cached: 0.25, output: 15 } },
    ],
    'gemini-2.5-flash': [{ input: 0.3, cached: 0.03, output: 2.5 }],
    'gemini-2.5-flash-lite': [{ input: 0.1, cached: 0.01, output: 0.4 }],
  }),
);

/** Names that a stand-in and a cassette give: they are priced as the model whose place they take. */
const IN_THE_PLACE_OF = /^(stand-in for|cassette of) /;

/** The model whose price counts, by an answer's `modelVersion`. */
export const pricedModel = (modelVersion: string): string =>
  baseName(modelVersion.replace(IN_THE_PLACE_OF, '')).replace(/-\d{3}$/, '');

export const hasPrice = (model: string): boolean => PRICES.has(pricedModel(model));

/**
 * What a call of a model costs, in US dollars, by the prices of its day; undefined for a model without a price. Storage
 * of explicit caches, grounding and media other than text are not in it.
 */
export function costOf(
  modelVersion: string,
  usage: NonNullable<Event['usageMetadata']>,
  atMs: number,
): number | undefined {
  const rows = PRICES.get(pricedModel(modelVersion));
  const row = rows?.findLast(({ from }) => from === undefined || Date.parse(from) <= atMs);
  if (!row) return undefined;
  const { promptTokenCount = 0, toolUsePromptTokenCount = 0, cachedContentTokenCount = 0 } = usage;
  const { candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage;
  const { input, cached, output } = promptTokenCount > LONG_PROMPT ? (row.long ?? row) : row;
  const fresh = Math.max(0, promptTokenCount + toolUsePromptTokenCount - cachedContentTokenCount);
  const answer = candidatesTokenCount + thoughtsTokenCount;
  return (fresh * input + cachedContentTokenCount * cached + answer * output) / 1e6;
}
