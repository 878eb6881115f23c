import type { WireEvent } from './agent-client.ts';
import { canonical, type Item } from './cassette.ts';
import { type Change, compareTurn } from './compare.ts';
import { itemsOf } from './replay.ts';

/** A candidate's turn compared with the real turn. Harmless: the same steps, only with different words. */
export interface ShadowComparison {
  verdict: 'same' | 'harmless' | 'changed';
  changes: Change[];
  /** The steps of the real turn and of the candidate's turn. */
  before: Item[];
  now: Item[];
}

/** A prompt that is larger by this factor costs noticeably more. */
const MORE_TOKENS = 1.1;
const MORE_TOKENS_BY = 100;

/**
 * Compares the events of a real turn with those of a candidate. The candidate called the model itself, so different
 * words are expected, and alone they are harmless. Times are not compared for single turns, because a model's times
 * vary too much.
 */
export function compareShadow(
  real: readonly WireEvent[],
  candidate: readonly WireEvent[],
  missing: readonly string[],
): ShadowComparison {
  const [before, now] = [stepsOf(real), stepsOf(candidate)];
  const accepted = { items: before, requests: [], wire: '', ms: 0 };
  const played = { items: now, requests: [], missing: [...missing], wire: '', ms: 0 };
  const found = compareTurn({ message: '', at: 0, model: [], tools: [], accepted }, played);
  const [asked, askedNow] = [modelUse(real), modelUse(candidate)];
  if (asked.calls !== askedNow.calls && !found.includes('model calls')) found.push('model calls');
  if (askedNow.tokens > asked.tokens * MORE_TOKENS && askedNow.tokens > asked.tokens + MORE_TOKENS_BY)
    found.push('tokens');
  const changes = found.filter((change) => change !== 'answer');
  return {
    verdict: changes.length > 0 ? 'changed' : found.length > 0 ? 'harmless' : 'same',
    changes,
    before,
    now,
  };
}

/**
 * Leaves out answers stored in the state, which repeat the same words, and prompt tokens, which are counted elsewhere.
 */
function stepsOf(events: readonly WireEvent[]): Item[] {
  const items = itemsOf(events);
  const said = new Set(items.filter(({ kind }) => kind === 'text').map(({ value }) => value));
  return items.map((item) =>
    item.kind === 'state' && said.has(item.value) ? { ...item, value: '(the answer)' } : item,
  );
}

function modelUse(events: readonly WireEvent[]): { calls: number; tokens: number } {
  const usages = events.flatMap(({ usageMetadata }) => (usageMetadata ? [usageMetadata] : []));
  const tokens = usages.reduce((sum, usage) => sum + Number(usage['promptTokenCount'] ?? 0), 0);
  return { calls: usages.length, tokens };
}

/**
 * Removes all content from steps: names of agents, tools, arguments and keys remain, and placeholders replace all
 * values. Equal values get the same placeholder, so that both sides of a comparison can be read side by side.
 */
export class Placeholders {
  readonly #names = new Map<string, string>();

  of(items: readonly Item[]): Item[] {
    return items.map(({ value, ...item }) => ({
      ...item,
      value: item.kind === 'call' && isObject(value) ? this.#arguments(value) : this.#name(value),
    }));
  }

  #arguments(args: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, this.#name(value)]));
  }

  /** A placeholder such as <string-2>. Booleans and null are kept, because they reveal nothing about a person. */
  #name(value: unknown): unknown {
    if (value === null || typeof value === 'boolean') return value;
    const kind = Array.isArray(value) ? 'list' : typeof value;
    const key = `${kind} ${canonical(value)}`;
    const sameKind = [...this.#names.keys()].filter((one) => one.startsWith(`${kind} `));
    const name = this.#names.get(key) ?? `<${kind}-${sameKind.length + 1}>`;
    this.#names.set(key, name);
    return name;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
