import { baseName } from './model-rules.ts';

/** The API: Gemini's with a key, or Vertex (Google's "Agent Platform"). Each retires models on its own days. */
export type ModelApi = 'gemini-api' | 'vertex';

export interface Retirement {
  model: string;
  api: ModelApi;
  /** The day of the retirement, or `atEarliest` the first possible day; YYYY-MM-DD. */
  on: string;
  atEarliest?: true;
  /** The model that then answers instead; without it, requests are refused. */
  becomes?: string;
  /** The page that announces it. */
  source: string;
}

const DEPRECATIONS = 'https://ai.google.dev/gemini-api/docs/deprecations';
const CHANGELOG = 'https://ai.google.dev/gemini-api/docs/changelog';
const VERSIONS = 'https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/model-versions';
/** A copy of Google's deprecations page of 2026-11-10. */
const QUOTED = 'https://dev.to/aideprecations (10 November 2026)';

/** The day on which these pages were last read, in stored copies from September to November 2026. */
export const READ_ON = '2026-11-29';

/** Announced retirements, oldest first. For models that are not listed, none is announced. */
export const RETIREMENTS: readonly Retirement[] = [
  { model: 'gemini-2.0-flash', api: 'gemini-api', on: '2026-06-01', source: DEPRECATIONS },
  { model: 'gemini-2.0-flash-lite', api: 'gemini-api', on: '2026-06-01', source: DEPRECATIONS },
  {
    model: 'gemini-3.5-flash',
    api: 'gemini-api',
    on: '2026-10-08',
    becomes: 'gemini-3.6-flash',
    source: CHANGELOG,
  },
  {
    model: 'gemini-3.7-flash',
    api: 'gemini-api',
    on: '2026-10-08',
    becomes: 'gemini-3.8-flash',
    source: CHANGELOG,
  },
  { model: 'gemini-2.5-flash', api: 'vertex', on: '2026-10-20', source: VERSIONS },
  { model: 'gemini-2.5-flash-lite', api: 'vertex', on: '2026-10-20', source: VERSIONS },
  { model: 'gemini-2.5-pro', api: 'vertex', on: '2026-10-20', source: VERSIONS },
  {
    model: 'gemini-2.5-flash',
    api: 'gemini-api',
    on: '2026-12-01',
    becomes: 'gemini-3.5-flash-lite',
    source: QUOTED,
  },
  {
    model: 'gemini-2.5-pro',
    api: 'gemini-api',
    on: '2026-12-01',
    becomes: 'gemini-3.8-flash',
    source: QUOTED,
  },
  { model: 'gemini-3.1-flash-lite', api: 'gemini-api', on: '2027-05-07', source: DEPRECATIONS },
  { model: 'gemini-3.1-flash-lite', api: 'vertex', on: '2027-05-07', atEarliest: true, source: VERSIONS },
  { model: 'gemini-3.5-flash', api: 'vertex', on: '2027-05-19', atEarliest: true, source: VERSIONS },
  { model: 'gemini-3.5-flash-lite', api: 'vertex', on: '2027-07-21', atEarliest: true, source: VERSIONS },
  { model: 'gemini-3.8-flash', api: 'vertex', on: '2027-09-02', atEarliest: true, source: VERSIONS },
  { model: 'gemini-4-argon', api: 'vertex', on: '2027-10-13', atEarliest: true, source: VERSIONS },
];

/** Days before a retirement from which the model should be replaced. */
export const NOTICE_DAYS = 30;

const DAY_MS = 86_400_000;

/** A model's retirement state on a day, with a sentence for people; undefined if none is announced. */
export interface RetirementState {
  /** `retired`: gone, or answered by another model; `soon`: within NOTICE_DAYS; `later`: announced. */
  state: 'retired' | 'soon' | 'later';
  sentence: string;
}

/** The retirement state of an API's model at `now` (ms since the epoch). */
export function retirementStateOf(
  model: string,
  api: ModelApi,
  now: number,
  retirements: readonly Retirement[] = RETIREMENTS,
): RetirementState | undefined {
  const name = baseName(model).replace(/-001$/, '');
  const row = retirements.find((one) => one.model === name && one.api === api);
  if (!row) return undefined;
  const { on, atEarliest = false, becomes } = row;
  const days = Math.ceil((Date.parse(on) - now) / DAY_MS);
  const then = becomes ? `, then ${becomes} answers in its place` : '';
  if (days > 0) {
    const verb = atEarliest ? 'may be retired from' : 'will be retired on';
    return {
      state: days <= NOTICE_DAYS ? 'soon' : 'later',
      sentence: `${name} ${verb} ${on}, in ${days} ${days === 1 ? 'day' : 'days'}${then}`,
    };
  }
  if (atEarliest) return { state: 'soon', sentence: `${name} may be retired any day since ${on}` };
  return {
    state: 'retired',
    sentence: `${name} was retired on ${on}${becomes ? `; ${becomes} answers in its place` : ''}`,
  };
}

/** Suffixes with which a model may name itself more precisely: a version, or the month of a preview. */
const CLOSER = /^-(?:\d{3}|\d{2}-\d{2}(?:-\d{4})?|\d{2}-\d{4})$/;

/**
 * Whether the answer is from the requested model, by its `modelVersion`. Aliases (`-latest`) and tuned endpoints may be
 * answered by any model; the stand-in's version names the model that it stands in for.
 */
export function isAnswerOf(asked: string, modelVersion: string): boolean {
  const name = baseName(asked);
  if (!/^gemini-\d/.test(name) || name.endsWith('-latest')) return true;
  const answered = baseName(modelVersion.replace(/^stand-in for /, ''));
  const [short = '', long = ''] = [name, answered].toSorted((a, b) => a.length - b.length);
  return long === short || (long.startsWith(short) && CLOSER.test(long.slice(short.length)));
}
