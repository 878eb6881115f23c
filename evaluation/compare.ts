import { canonical, type Cassette, type CassetteTurn, type Item } from './cassette.ts';
import type { SeenRequest } from './cassette-server.ts';

/** What a turn did when it was played. */
export interface PlayedTurn {
  items: Item[];
  requests: SeenRequest[];
  /** Descriptions of calls that the cassette has no answer for. */
  missing: string[];
  wire: string;
  /** Without the time that the load of this machine explains, if the candidate is a known process on it. */
  ms: number;
}

/** How a conversation differs from its accepted form; docs/evaluation.md explains each. */
export type Change =
  | 'tool'
  | 'order'
  | 'arguments'
  | 'argument type'
  | 'confirmation'
  | 'agent'
  | 'refusal'
  | 'answer'
  | 'result'
  | 'state'
  | 'model calls'
  | 'instruction'
  | 'tools declared'
  | 'settings'
  | 'model'
  | 'history'
  | 'tokens'
  | 'slower';

/** A request that is this much larger costs noticeably more. */
const MORE_TOKENS = 1.1;
const MORE_BYTES = 400;
/** Replayed turns have no model time, so a turn that exceeds both limits is slow because of the agent. */
const SLOWER = 4;
const SLOWER_MS = 300;
/** A turn with answers from a cassette takes about this time, even if no time was left of it without the load. */
const LEAST_MS = 30;

/**
 * Compares a played turn with the accepted one. `busy`: the factor by which other programs slow this machine down now,
 * if the turn's time contains that.
 */
export function compareTurn(turn: CassetteTurn, played: PlayedTurn, busy = 1): Change[] {
  const { accepted } = turn;
  if (!accepted) return [];
  const changes = new Set<Change>();
  compareCalls(accepted.items, played.items, changes);
  const differs = (kind: Item['kind']): boolean =>
    canonical(ofKind(accepted.items, kind)) !== canonical(ofKind(played.items, kind));
  if (differs('text')) changes.add('answer');
  if (differs('state')) changes.add('state');
  if (differs('failure')) changes.add('refusal');
  // Results are compared call by call: a missing call is already reported.
  const results = (items: readonly Item[]): Map<string, string> =>
    new Map(ofKind(items, 'result').map(({ name, value }, index) => [`${index} ${name}`, canonical(value)]));
  const before = results(accepted.items);
  if ([...results(played.items)].some(([key, value]) => before.has(key) && before.get(key) !== value))
    changes.add('result');
  compareRequests(accepted.requests, played.requests, changes);
  if (played.missing.length > 0 && changes.size === 0) changes.add('model calls');
  const most =
    Math.max(SLOWER * accepted.ms, accepted.ms + SLOWER_MS) +
    2 * Math.max(accepted.ms, LEAST_MS) * (busy - 1);
  if (played.ms > most) changes.add('slower');
  return [...changes];
}

const ofKind = (items: readonly Item[], kind: Item['kind']): Item[] =>
  items.filter((item) => item.kind === kind);

function compareCalls(before: readonly Item[], now: readonly Item[], changes: Set<Change>): void {
  const calls = (items: readonly Item[]) =>
    ofKind(items, 'call').filter(({ name }) => !name.startsWith('adk_request_'));
  const asks = (items: readonly Item[]) =>
    ofKind(items, 'call').filter(({ name }) => name.startsWith('adk_request_'));
  if (canonical(asks(before).map(({ name }) => name)) !== canonical(asks(now).map(({ name }) => name)))
    changes.add('confirmation');
  compareSequence(calls(before), calls(now), changes);
  compareSequence(ofKind(before, 'run'), ofKind(now, 'run'), changes);
}

function compareSequence(old: readonly Item[], young: readonly Item[], changes: Set<Change>): void {
  const names = (items: readonly Item[]) => items.map(({ name }) => name);
  if (canonical(names(old)) !== canonical(names(young))) {
    changes.add(canonical(names(old).toSorted()) === canonical(names(young).toSorted()) ? 'order' : 'tool');
    return;
  }
  if (canonical(old.map(({ agent }) => agent)) !== canonical(young.map(({ agent }) => agent)))
    changes.add('agent');
  for (const [index, { name, value }] of old.entries()) {
    const other = young[index]?.value;
    if (canonical(value) === canonical(other)) continue;
    if (name === 'transfer_to_agent') changes.add('agent');
    else changes.add(canonical(typesOf(value)) === canonical(typesOf(other)) ? 'arguments' : 'argument type');
  }
}

/** The types of arguments by name, at every depth. */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typesOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typesOf(item)]));
}

type Asked = Pick<SeenRequest, 'agent' | 'request'>;

function compareRequests(before: readonly Asked[], now: readonly Asked[], changes: Set<Change>): void {
  if (before.length !== now.length) changes.add('model calls');
  if (before.length === now.length && before.some(({ agent }, index) => agent !== now[index]?.agent))
    changes.add('agent');
  const fields = {
    model: 'model',
    instruction: 'instruction',
    tools: 'tools declared',
    settings: 'settings',
    history: 'history',
  } as const;
  const inBoth = Math.min(before.length, now.length);
  for (const [field, change] of Object.entries(fields) as [keyof typeof fields, Change][])
    for (let index = 0; index < inBoth; index++)
      if (before[index]?.request[field] !== now[index]?.request[field]) changes.add(change);
  const bytes = (requests: readonly Asked[]): number =>
    requests.reduce((sum, { request }) => sum + request.bytes, 0);
  if (bytes(now) > bytes(before) * MORE_TOKENS && bytes(now) > bytes(before) + MORE_BYTES)
    changes.add('tokens');
}

/** A turn as lines, for people and for a diff. */
export function describeTurn(
  items: readonly Item[],
  requests: readonly Asked[],
  blobs: Readonly<Record<string, unknown>>,
): string[] {
  const lines = items.map(({ kind, agent, name, value }) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    switch (kind) {
      case 'call':
        return `${agent} calls ${name} ${text}`;
      case 'run':
        return `${name} is run with ${text}`;
      case 'result':
        return `${name} returned ${text}`;
      case 'text':
        return `${agent}: ${text}`;
      case 'state':
        return `state ${name} = ${text}`;
      case 'failure':
        return `failed: ${name} ${text}`;
    }
  });
  const asked = requests.flatMap(({ agent, request }, index) => [
    `--- what ${agent} asks the model (${index + 1} of ${requests.length}): ${request.model}, ${request.bytes} bytes`,
    ...textOf(blobs[request.instruction]),
    ...textOf(blobs[request.settings]),
    ...declarations(blobs[request.tools]),
    `history ${request.history}`,
  ]);
  return [...lines, ...asked];
}

const textOf = (value: unknown): string[] =>
  (typeof value === 'string' ? value : JSON.stringify(value ?? 'not kept')).split('\n');

function declarations(tools: unknown): string[] {
  const declared = (tools as { functionDeclarations?: unknown[] }[] | undefined) ?? [];
  return declared.flatMap(({ functionDeclarations = [] }) =>
    functionDeclarations.map((one) => `tool ${JSON.stringify(one)}`),
  );
}

/** The accepted turns of a cassette as lines. */
export const describeAccepted = ({ turns, blobs }: Cassette): string[][] =>
  turns.map(({ accepted }) => (accepted ? describeTurn(accepted.items, accepted.requests, blobs) : []));
