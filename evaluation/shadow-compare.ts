import type { WireEvent } from './agent-client.ts';
import { canonical, type Item } from './cassette.ts';
import { type Change, compareTurn } from './compare.ts';
import { itemsOf } from './replay.ts';

/** A turn of a candidate beside the real one. Harmless: it did the same, and only its words are others. */
export interface ShadowComparison {
  verdict: 'same' | 'harmless' | 'changed';
  changes: Change[];
  /** Steps of the real turn and of the candidate's. */
  before: Item[];
  now: Item[];
}

/** A prompt that is this much larger costs noticeably more. */
const MORE_TOKENS = 1.1;
const MORE_TOKENS_BY = 100;

/**
 * Compares the events that a real message led to with those of a candidate, which asked the model itself: other words are
 * expected, so they alone are harmless. Times are not compared turn by turn: a model's vary too much.
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

/** An answer that is kept in the state is the same words once more, and tokens of the prompt are counted elsewhere. */
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
 * Steps without anything that was said: names of agents, tools, arguments and keys stay, each value is a placeholder. The
 * same value has the same one, so both sides of a comparison can be read beside each other.
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

  /** Such as <string-2>; booleans and null say nothing about a person. */
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
