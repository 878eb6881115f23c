import { type AgentServer, createSession, deleteSession, type WireEvent } from './agent-client.ts';
import { type Cassette, type CassetteTurn, digestOf, type Item } from './cassette.ts';
import type { CassetteServer } from './cassette-server.ts';
import { describeTurn } from './compare.ts';
import type { EvalMetric, Invocation, Part } from './eval-set.ts';
import { answerable, toInvocation } from './invocation.ts';
import { type AskJudge, judge } from './judge.ts';
import { EVALUATORS, STATUS } from './metrics.ts';
import { itemsOf, playTurn } from './replay.ts';
import { type Decision, SequentialTest } from './sequential-test.ts';

/** One conversation, played once with a real model. */
export interface LiveTrial {
  name: string;
  appName: string;
  /** Undefined if the trial does not count, because the model or the server was not available. */
  passed: boolean | undefined;
  scores: { metricName: string; score: number | null; passed: boolean }[];
  /** Why the trial failed: metrics, or the failure of a turn. */
  reasons: string[];
  /** The metrics that were not judged, with the reasons. */
  notJudged: string[];
  /** Lines of each turn, as accepted and as played. */
  before: string[][];
  now: string[][];
}

/** Resources of a series of trials: a limit, or the amount used. */
export interface LiveUse {
  turns: number;
  tokens: number;
  costUsd: number;
}

export interface LiveOptions {
  metricsOf: (appName: string) => readonly EvalMetric[];
  ask?: AskJudge | undefined;
  /** Recorded answers of the tools; undefined if the candidate's own tools run. */
  player?: CassetteServer | undefined;
  /** The most plays of each conversation. */
  repetitions: number;
  parallel: number;
  /** No new trial starts after one of these limits is reached. */
  most: LiveUse;
  /** The cost of an event's model call in US dollars. */
  costOf: (event: WireEvent) => number;
  /** The test that can end the series early. Without it, all repetitions are played. */
  sequential?: SequentialTest;
  onTrial?: (trial: LiveTrial) => void;
}

export interface LiveResult {
  trials: LiveTrial[];
  used: LiveUse;
  decision: Decision | undefined;
  /** The limit that ended the series, if one did. */
  limit: keyof LiveUse | undefined;
}

/** The series ends after this many trials in a row that do not count. */
const MOST_UNAVAILABLE = 5;
/** Errors of the model or the server, not of the agent's behavior. */
const UNAVAILABLE =
  /RESOURCE_EXHAUSTED|UNAVAILABLE|UNAUTHENTICATED|PERMISSION_DENIED|DEADLINE|RATE_LIMIT|OVERLOADED|\b429\b|\b503\b/u;

/** The model or the server does not answer, so the series cannot judge the candidate. */
export class NotAvailableError extends Error {}

/**
 * Plays conversations with a real model, several times, each round in another order, and scores each trial against the
 * accepted conversation. Trials are counted in the order in which they began, so that a quick failure is not counted
 * earlier.
 */
export async function playLive(
  server: AgentServer,
  cassettes: readonly Cassette[],
  options: LiveOptions,
): Promise<LiveResult> {
  const { repetitions, parallel, most, sequential, onTrial } = options;
  const order = Array.from({ length: repetitions }, (_, round) => shuffled(cassettes, round)).flat();
  const used: LiveUse = { turns: 0, tokens: 0, costUsd: 0 };
  const done: (LiveTrial | undefined)[] = [];
  const trials: LiveTrial[] = [];
  let [next, unavailable] = [0, 0];
  let limit: keyof LiveUse | undefined;
  const reached = (turns: number): keyof LiveUse | undefined =>
    used.turns + turns > most.turns
      ? 'turns'
      : used.tokens >= most.tokens
        ? 'tokens'
        : used.costUsd >= most.costUsd
          ? 'costUsd'
          : undefined;
  const isDecided = (): boolean => sequential?.decision !== undefined;
  const count = (): void => {
    for (let trial = done[trials.length]; trial && !isDecided(); trial = done[trials.length]) {
      trials.push(trial);
      onTrial?.(trial);
      unavailable = trial.passed === undefined ? unavailable + 1 : 0;
      if (trial.passed !== undefined) sequential?.add(trial.passed);
      if (unavailable >= MOST_UNAVAILABLE) throw new NotAvailableError(trial.reasons.join('; '));
    }
  };
  const worker = async (): Promise<void> => {
    while (!isDecided() && next < order.length) {
      const at = next++;
      const cassette = order[at] as Cassette;
      limit ??= reached(cassette.turns.length);
      if (limit) return;
      used.turns += cassette.turns.length;
      done[at] = await playOnce(server, cassette, options, used);
      count();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, order.length) }, worker));
  return { trials, used, decision: sequential?.decision, limit };
}

/** A different order for each round, but the same in every run. */
function shuffled(cassettes: readonly Cassette[], round: number): Cassette[] {
  return cassettes
    .map((cassette) => ({ cassette, key: digestOf([round, cassette.name]) }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ cassette }) => cassette);
}

async function playOnce(
  server: AgentServer,
  cassette: Cassette,
  { player, costOf, metricsOf, ask }: LiveOptions,
  used: LiveUse,
): Promise<LiveTrial> {
  const { appName, blobs, turns } = cassette;
  const id = `replay-${crypto.randomUUID()}`;
  const key = { appName, userId: id, sessionId: id };
  const played: Item[][] = [];
  const calls: Part[] = [];
  try {
    await createSession(server, key, blobs[cassette.state] as Record<string, unknown>);
    for (const [index, { message }] of turns.entries()) {
      player?.beginTurn(key.sessionId, cassette, index);
      const content = answerable({ role: 'user', parts: blobs[message] as Part[] }, calls);
      const { events, failure } = await playTurn(server, key, content);
      const wasRefused = hasFailure(expectedItems(cassette, turns[index] as CassetteTurn));
      if (failure !== undefined && !wasRefused && UNAVAILABLE.test(failure))
        throw new NotAvailableError(failure);
      calls.push(...events.flatMap((event) => event.content?.parts ?? []));
      for (const event of events) {
        used.tokens += Number(event.usageMetadata?.['totalTokenCount'] ?? 0);
        used.costUsd += costOf(event);
      }
      played.push([
        ...itemsOf(events),
        ...(failure === undefined
          ? []
          : [{ kind: 'failure' as const, agent: '', name: 'turn', value: failure }]),
      ]);
    }
  } catch (error) {
    if (server.signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { ...unscored(cassette, played), passed: undefined, reasons: [reason] };
  } finally {
    player?.end(key.sessionId);
    await deleteSession(server, key).catch(() => undefined);
  }
  const wrong = turns.findIndex(
    (turn, index) => hasFailure(expectedItems(cassette, turn)) !== hasFailure(played[index] ?? []),
  );
  if (wrong !== -1) {
    const failure = played[wrong]?.find(({ kind }) => kind === 'failure');
    const reason = failure ? `a turn fails: ${String(failure.value)}` : 'a turn no longer fails';
    return { ...unscored(cassette, played), passed: false, reasons: [reason] };
  }
  const judged = await scoresOf(cassette, played, metricsOf(appName), ask);
  const failed = judged.scores.filter(({ passed }) => !passed).map(({ metricName }) => metricName);
  return { ...unscored(cassette, played), ...judged, passed: failed.length === 0, reasons: failed };
}

const hasFailure = (items: readonly Item[]): boolean => items.some(({ kind }) => kind === 'failure');

function unscored(cassette: Cassette, played: readonly Item[][]): Omit<LiveTrial, 'passed'> {
  const { name, appName, turns } = cassette;
  const lines = (items: readonly Item[]): string[] => describeTurn(items, [], {});
  return {
    name,
    appName,
    scores: [],
    reasons: [],
    notJudged: [],
    before: turns.map((turn) => lines(expectedItems(cassette, turn))),
    now: played.map(lines),
  };
}

/** Scores a trial by the metrics that have a threshold for answers. The other metrics only report values. */
async function scoresOf(
  cassette: Cassette,
  played: readonly Item[][],
  metrics: readonly EvalMetric[],
  ask: AskJudge | undefined,
): Promise<Pick<LiveTrial, 'scores' | 'notJudged'>> {
  const pairs = cassette.turns.map((turn, index) => {
    const said = { role: 'user', parts: cassette.blobs[turn.message] as Part[] };
    const [expected, actual] = [expectedItems(cassette, turn), played[index] ?? []];
    return {
      expected: toInvocation(
        said,
        { events: toEvents(expected), firstSeconds: undefined, seconds: 0 },
        turn.at,
      ),
      actual: toInvocation(said, { events: toEvents(actual), firstSeconds: undefined, seconds: 0 }, turn.at),
      hasText: [...expected, ...actual].some(({ kind }) => kind === 'text'),
    };
  });
  const scores: LiveTrial['scores'] = [];
  const notJudged: string[] = [];
  for (const metric of metrics) {
    const { metricName } = metric;
    // Some turns have no text to compare, for example when the agent asks the person to confirm.
    const of = metricName === 'tool_trajectory_avg_score' ? pairs : pairs.filter(({ hasText }) => hasText);
    if (of.length === 0) continue;
    const actual = of.map((one): Invocation => one.actual);
    const expected = of.map((one): Invocation => one.expected);
    const facts = { instructions: '', tools: 'They are not known.' };
    const { overall, reason } =
      EVALUATORS.get(metricName)?.(metric, actual, expected) ??
      // A judge model has limits.
      (await judge(metric, actual, expected, [], { ask, facts }));
    if (overall.status === STATUS.passed || overall.status === STATUS.failed)
      scores.push({ metricName, score: overall.score, passed: overall.status === STATUS.passed });
    else if (reason !== undefined) notJudged.push(`${metricName}: ${reason}`);
  }
  return { scores, notJudged };
}

/** The accepted steps of a turn; before the first replay, the recorded steps. */
function expectedItems({ blobs }: Cassette, { accepted, model }: CassetteTurn): Item[] {
  if (accepted) return accepted.items.filter(({ kind }) => kind !== 'run');
  const event = ({ agent, answer }: (typeof model)[number]): WireEvent => ({
    author: agent,
    content: { role: 'model', parts: blobs[answer] as Part[] },
  });
  return itemsOf(model.map(event));
}

/** Converts steps to events, so that both sides are scored in the same form. */
function toEvents(items: readonly Item[]): WireEvent[] {
  return items.flatMap(({ kind, agent, name, value }): WireEvent[] => {
    const of = (part: Part): WireEvent[] => [{ author: agent, content: { role: 'model', parts: [part] } }];
    if (kind === 'text') return of({ text: String(value) });
    if (kind === 'call') return of({ functionCall: { name, args: value as Record<string, unknown> } });
    if (kind === 'result') return of({ functionResponse: { name, response: value } });
    return [];
  });
}
