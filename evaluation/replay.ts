import {
  type AgentServer,
  createSession,
  deleteSession,
  runTurn,
  ServerError,
  type WireEvent,
} from './agent-client.ts';
import { type Cassette, digestOf, type Item } from './cassette.ts';
import type { CassetteServer } from './cassette-server.ts';
import { type Change, compareTurn, describeAccepted, describeTurn, type PlayedTurn } from './compare.ts';
import type { Part } from './eval-set.ts';
import { answerable } from './invocation.ts';
import { startRunDelay } from './run-delay.ts';

/**
 * Same: identical except for ids and times. Harmless: only details of the wire differ. New: nothing was accepted yet.
 */
export type Verdict = 'same' | 'harmless' | 'changed' | 'new';

export interface Replayed {
  name: string;
  appName: string;
  verdict: Verdict;
  changes: Change[];
  /** Lines of each turn, before and now. */
  before: string[][];
  now: string[][];
  /** Descriptions of calls that were not recorded. */
  missing: string[];
  played: PlayedTurn[];
}

/** How many slower conversations are replayed one at a time, and how often. */
const PLAYED_AGAIN = 5;
const TIMES = 2;
/** Two of three plays decide if the load can be subtracted. If not, a busy machine gets more attempts. */
const TIMES_IF_MEASURED = 3;
const TIMES_IF_BUSY = 6;
const BUSY = 2;

/** Plays many conversations, some in parallel; keeps their order. */
export async function replayAll(
  server: AgentServer,
  player: CassetteServer,
  cassettes: readonly Cassette[],
  { parallel = 8, onDone }: { parallel?: number; onDone?: (one: Replayed) => void } = {},
): Promise<Replayed[]> {
  const results: Replayed[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < cassettes.length; index = next++) {
      const cassette = cassettes[index];
      if (!cassette) return;
      const one = compare(cassette, await play(server, player, cassette));
      results[index] = one;
      onDone?.(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, cassettes.length) }, worker));
  await playSlowAgain(server, player, cassettes, results);
  return results;
}

/**
 * Parallel runs and a busy machine are slow too: only what is slower again, when played alone and beyond what other
 * programs take, is the agent's fault. What they take is measured in the candidate's process, or else estimated.
 */
async function playSlowAgain(
  server: AgentServer,
  player: CassetteServer,
  cassettes: readonly Cassette[],
  results: Replayed[],
): Promise<void> {
  const suspects = results.flatMap(({ changes }, index) => (changes.includes('slower') ? [index] : []));
  const cleared = new Set<number>();
  const looked = suspects.slice(0, PLAYED_AGAIN);
  const isMeasured = startRunDelay(server.pid) !== undefined;
  const slowdown = isMeasured ? () => 1 : busyness;
  const enough = isMeasured ? 2 : 1;
  for (const index of looked) {
    const cassette = cassettes[index];
    if (!cassette) continue;
    let times = isMeasured ? TIMES_IF_MEASURED : TIMES;
    for (let [slow, fine] = [0, 0]; slow <= times - enough && fine < enough;) {
      const before = slowdown();
      const played = await play(server, player, cassette);
      const busy = Math.max(before, slowdown());
      if (busy > BUSY) times = TIMES_IF_BUSY;
      if (compare(cassette, played, busy).changes.includes('slower')) slow++;
      else fine++;
      if (fine === enough) cleared.add(index);
    }
  }
  // If all of the checked ones are fine, so are the others.
  const all = cleared.size === looked.length ? suspects : [...cleared];
  for (const index of all) {
    const cassette = cassettes[index];
    const result = results[index];
    if (!cassette || !result) continue;
    const played = result.played.map((one) => ({ ...one, ms: 0 }));
    results[index] = compare(cassette, played);
  }
}

/** The CPU time after which the scheduler has also run other programs. */
const SPIN_MS = 20;

/** The current slowdown of this machine by other programs: elapsed time divided by used CPU time. */
function busyness(): number {
  const [beganAt, began] = [performance.now(), process.cpuUsage()];
  for (;;) {
    const { user, system } = process.cpuUsage(began);
    const usedMs = (user + system) / 1_000;
    if (usedMs >= SPIN_MS) return Math.max(1, (performance.now() - beganAt) / usedMs);
  }
}

async function play(server: AgentServer, player: CassetteServer, cassette: Cassette): Promise<PlayedTurn[]> {
  const { appName, blobs } = cassette;
  const id = crypto.randomUUID();
  const key = { appName, userId: `replay-${id}`, sessionId: `replay-${id}` };
  await createSession(server, key, blobs[cassette.state] as Record<string, unknown>);
  const played: PlayedTurn[] = [];
  const calls: Part[] = [];
  try {
    for (const [index, { message }] of cassette.turns.entries()) {
      const seen = player.beginTurn(key.sessionId, cassette, index);
      const content = answerable({ role: 'user', parts: blobs[message] as Part[] }, calls);
      const beganAt = performance.now();
      const delayMs = startRunDelay(server.pid);
      const { events, failure } = await playTurn(server, key, content);
      calls.push(...events.flatMap((event) => event.content?.parts ?? []));
      played.push({
        items: [
          ...itemsOf(events),
          ...seen.runs.map(({ agent, name, args }): Item => ({ kind: 'run', agent, name, value: args })),
          ...(failure === undefined
            ? []
            : [{ kind: 'failure' as const, agent: '', name: 'turn', value: failure }]),
        ],
        requests: seen.requests,
        missing: seen.missing,
        wire: digestOf(events.map(withoutIds)),
        ms: Math.max(0, Math.round(performance.now() - beganAt - (delayMs?.() ?? 0))),
      });
    }
  } finally {
    player.end(key.sessionId);
    await deleteSession(server, key).catch(() => undefined);
  }
  return played;
}

/** Plays a message. If the turn fails, returns its error sentence. */
export async function playTurn(
  server: AgentServer,
  key: Parameters<typeof runTurn>[1],
  content: Parameters<typeof runTurn>[2],
): Promise<{ events: WireEvent[]; failure?: string }> {
  try {
    return await runTurn(server, key, content, { streaming: true });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { events: [], failure: error.message };
  }
}

function compare(cassette: Cassette, played: PlayedTurn[], busy = 1): Replayed {
  const { name, appName, turns } = cassette;
  const changes = [
    ...new Set(played.flatMap((one, index) => (turns[index] ? compareTurn(turns[index], one, busy) : []))),
  ];
  const isNew = turns.some(({ accepted }) => !accepted);
  const isSame = played.every(({ wire }, index) => wire === turns[index]?.accepted?.wire);
  return {
    name,
    appName,
    verdict: isNew ? 'new' : changes.length > 0 ? 'changed' : isSame ? 'same' : 'harmless',
    changes,
    before: describeAccepted(cassette),
    now: played.map(({ items, requests }) =>
      describeTurn(
        items,
        requests,
        Object.assign({}, ...requests.map(({ blobs }) => blobs)) as Record<string, unknown>,
      ),
    ),
    missing: played.flatMap(({ missing }) => missing),
    played,
  };
}

/** The cassette with the replayed conversation as the new accepted one. */
export function accept(cassette: Cassette, { played }: Replayed): Cassette {
  const blobs = { ...cassette.blobs };
  const turns = cassette.turns.map((one, index) => {
    const { items = [], requests = [], wire = '', ms = 0 } = played[index] ?? {};
    for (const { blobs: seen, request } of requests)
      for (const digest of [request.instruction, request.tools, request.settings])
        blobs[digest] = seen[digest];
    return {
      ...one,
      accepted: { items, requests: requests.map(({ agent, request }) => ({ agent, request })), wire, ms },
    };
  });
  return { ...cassette, turns, blobs };
}

/** The steps of a turn, in order, without ids and times. */
export function itemsOf(events: readonly WireEvent[]): Item[] {
  return events.flatMap((event) => {
    const agent = event.author ?? '';
    const items: Item[] = (event.content?.parts ?? []).flatMap((part): Item[] => {
      const { functionCall: call, functionResponse: response, text } = part;
      if (call)
        return [
          {
            kind: 'call',
            agent,
            name: call.name,
            value: call.name.startsWith('adk_request_') ? {} : (call.args ?? {}),
          },
        ];
      if (response) return [{ kind: 'result', agent, name: response.name, value: response.response ?? null }];
      return text && !part['thought'] ? [{ kind: 'text', agent, name: '', value: text }] : [];
    });
    for (const [name, value] of Object.entries(event.actions?.stateDelta ?? {}))
      if (!name.startsWith('__') && !name.startsWith('temp:'))
        items.push({ kind: 'state', agent, name, value });
    if (event.errorCode)
      items.push({ kind: 'failure', agent, name: event.errorCode, value: event.errorMessage ?? '' });
    return items;
  });
}

const IDS = new Set([
  'id',
  'invocationId',
  'timestamp',
  'longRunningToolIds',
  'originalFunctionCall',
  'functionCallId',
  'requestedToolConfirmations',
  'usageMetadata',
]);

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (IDS.has(key) ? [] : [[key, withoutIds(item)]])),
  );
}
