import type { Event, Session } from '@google/adk';
import type { WireEvent } from '@lornu/evaluation/agent-client.ts';
import { startOf } from '@lornu/evaluation/cassette.ts';
import { compareShadow } from '@lornu/evaluation/shadow-compare.ts';
import { toWire } from '../events/wire.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { LiveRun } from '../runs/live-run.ts';
import type { CompositeSessionKey, SessionStore } from '../sessions/session-store.ts';
import { ShadowReport } from './shadow-report.ts';
import { SHADOW_ANSWER, SHADOW_PATH, type ShadowTurn } from './shadow-wire.ts';

export interface ShadowOptions {
  /** The URL of the candidate, without a trailing slash. */
  url: string;
  /** The share of turns that the candidate also gets, from 0 to 1. */
  share: number;
  /** The value of the authorization header; undefined for a candidate on this machine. */
  authorization?: (() => Promise<string>) | undefined;
  sessions: Pick<SessionStore, 'getSession' | 'historyBytes'>;
  log: Logger;
  metrics: Metrics | undefined;
  now: () => number;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** The longest time of a candidate's turn, in milliseconds. */
  withinMs?: number;
}

/** A finished turn that waits for the candidate. It only has ids, so that waiting needs little memory. */
interface EndedTurn {
  runId: string;
  session: CompositeSessionKey;
  invocationId: string;
  model: string | undefined;
  ms: number;
}

/** The most turns that wait for the candidate, and that it runs at the same time. Further turns are dropped. */
const MOST_WAITING = 32;
const MOST_AT_ONCE = 4;
/** Turns of longer conversations are skipped, because their JSON would take too much of this process's time. */
const MOST_HISTORY_BYTES = 256 * 1024;
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
const WITHIN_MS = 60_000;

/**
 * Sends a share of real messages to a candidate too, after the person has the answer, and compares the results. It
 * never writes to a store, never delays a person's turn, and drops turns that the candidate is too slow for.
 */
export class Shadow {
  readonly report: ShadowReport;
  readonly #options: ShadowOptions;
  readonly #waiting: EndedTurn[] = [];
  readonly #stopped = new AbortController();
  #atOnce = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.report = new ShadowReport(options.now);
  }

  /** Chooses a finished turn by the share, and queues it. Returns immediately and never throws. */
  consider(
    {
      id,
      invocationId,
      record,
      request,
      state,
    }: Pick<LiveRun, 'id' | 'invocationId' | 'record' | 'request' | 'state'>,
    ms: number,
  ): void {
    // A cancelled or interrupted turn cannot be compared with a candidate's complete turn.
    if (state !== 'completed' && state !== 'failed') return;
    if (this.#stopped.signal.aborted || !isChosen(id, this.#options.share)) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#count('dropped', 'too many turns wait for the candidate');
      return;
    }
    const { session } = record;
    this.#waiting.push({ runId: id, session, invocationId, model: request.model, ms });
    if (this.#atOnce < MOST_AT_ONCE) {
      this.#atOnce++;
      // Deferred, so that it does not delay the end of the person's turn.
      setImmediate(() => void this.#work());
    }
  }

  /** Cancels the turns in progress. Sends nothing afterwards. */
  stop(): void {
    this.#stopped.abort();
    this.#waiting.length = 0;
  }

  async #work(): Promise<void> {
    for (let turn = this.#waiting.shift(); turn; turn = this.#waiting.shift()) {
      try {
        await this.#compare(turn);
      } catch (error) {
        if (this.#stopped.signal.aborted) break;
        const { outcome, reason } = describeFailure(error);
        this.#count(outcome, reason);
        this.#options.log.info('shadow', { runId: turn.runId, verdict: outcome, reason, error });
      }
    }
    this.#atOnce--;
  }

  async #compare(ended: EndedTurn): Promise<void> {
    const { sessions, log } = this.#options;
    const isLong = sessions.historyBytes(ended.session) > MOST_HISTORY_BYTES;
    const session = isLong ? undefined : await sessions.getSession(ended.session);
    const turn = session && toShadowTurn(session, ended);
    if (!turn) {
      this.#count('skipped', 'the turn has files or a long history');
      return;
    }
    const { events, missing, ms } = await this.#ask(JSON.stringify(turn.request));
    const compared = compareShadow(turn.events, events, missing);
    const { verdict, changes } = compared;
    this.report.add({ appName: turn.request.appName, ...compared, missing, ms: ended.ms, candidateMs: ms });
    this.#options.metrics?.shadow(verdict);
    log.info('shadow', { runId: ended.runId, verdict, changes, ms: Math.round(ended.ms), candidateMs: ms });
  }

  async #ask(body: string) {
    const { url, authorization, fetch: send = fetch, withinMs = WITHIN_MS } = this.#options;
    const token = await authorization?.().catch((error: unknown) => {
      throw new NotComparedError('Google gave no ID token for the candidate', { cause: error });
    });
    const response = await send(`${url}${SHADOW_PATH}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: token }),
      },
      body,
      redirect: 'error',
      signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(withinMs)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new NotComparedError(
        REFUSALS[response.status] ?? `the candidate answered with status ${response.status}`,
        { outcome: response.status === TOO_MANY_REQUESTS ? 'dropped' : 'failed' },
      );
    }
    const text = await readAtMost(response, MOST_ANSWER_BYTES);
    try {
      return SHADOW_ANSWER.parse(JSON.parse(text));
    } catch {
      // Without the cause: a parser quotes the text.
      throw new NotComparedError('the response is not a shadow answer');
    }
  }

  #count(outcome: 'failed' | 'dropped' | 'skipped', reason: string): void {
    this.report.count(outcome, reason);
    this.#options.metrics?.shadow(outcome);
  }
}

const TOO_MANY_REQUESTS = 429;
/** Reasons for operators; each says what to look at. */
const REFUSALS: Readonly<Record<number, string>> = {
  401: 'the candidate refused our ID token (401): check its A2A_TOKEN_AUDIENCE and shadow.audience',
  403: 'the candidate does not admit our service account (403): add it to its service_emails',
  404: 'the candidate has no such agent, or runs without LORNU_SHADOW_CANDIDATE=1 (404)',
  [TOO_MANY_REQUESTS]: 'the candidate is busy (429)',
};

/** A turn without a comparison. The message is the reason, for operators; it contains nothing of the conversation. */
class NotComparedError extends Error {
  readonly outcome: 'failed' | 'dropped';

  constructor(reason: string, { outcome = 'failed', ...options }: NotComparedOptions = {}) {
    super(reason, options);
    this.name = 'NotComparedError';
    this.outcome = outcome;
  }
}

interface NotComparedOptions extends ErrorOptions {
  outcome?: 'failed' | 'dropped';
}

function describeFailure(error: unknown): { outcome: 'failed' | 'dropped'; reason: string } {
  if (error instanceof NotComparedError) return { outcome: error.outcome, reason: error.message };
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { outcome: 'failed', reason: 'the candidate did not answer in time' };
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return { outcome: 'failed', reason: `the candidate cannot be reached${code}` };
}

/** Makes the same choice for a run in every process. */
function isChosen(runId: string, share: number): boolean {
  return Number(BigInt.asUintN(32, Bun.hash(runId))) < share * 2 ** 32;
}

async function readAtMost(response: Response, bytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > bytes) throw new NotComparedError('the response is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/**
 * The turn in the form for the candidate, with its real events. Undefined if the turn has files, which a candidate
 * cannot read, or if it no longer exists.
 */
function toShadowTurn(
  { appName, state, events }: Session,
  { invocationId, model }: EndedTurn,
): { request: ShadowTurn; events: WireEvent[] } | undefined {
  const at = events.findLastIndex((event) => event.author === 'user' && event.invocationId === invocationId);
  const message = events[at];
  if (!message?.content || events.some(hasFile)) return undefined;
  const rest = events.slice(at + 1);
  const next = rest.findIndex(({ author }) => author === 'user');
  const own = (next === -1 ? rest : rest.slice(0, next)).map((event) => toWire(event) as WireEvent);
  const history = events.slice(0, at).map(toWire);
  const { content, actions } = toWire(message) as WireEvent;
  const stateDelta = actions?.stateDelta ?? {};
  return {
    request: {
      appName,
      state: startOf({ state, events }),
      history,
      newMessage: { ...content },
      ...(Object.keys(stateDelta).length > 0 ? { stateDelta } : {}),
      ...(model === undefined ? {} : { model }),
      tools: toolsOf(own, history),
    },
    events: own,
  };
}

const hasFile = ({ content }: Event): boolean =>
  content?.parts?.some(({ inlineData, fileData }) => inlineData ?? fileData) ?? false;

/** The answers of the tools with their calls. A confirmed call is in the history. */
function toolsOf(own: readonly WireEvent[], history: readonly WireEvent[]): ShadowTurn['tools'] {
  const calls = [...history, ...own].flatMap(({ content }) =>
    (content?.parts ?? []).flatMap(({ functionCall }) => functionCall ?? []),
  );
  return own.flatMap(({ content, actions }) =>
    (content?.parts ?? []).flatMap(({ functionResponse }) => {
      if (!functionResponse) return [];
      const { id, name, response } = functionResponse;
      const call = calls.findLast((one) => one.id === id);
      const { stateDelta = {} } = actions ?? {};
      return [
        {
          id: id ?? '',
          name,
          args: { ...call?.args },
          response,
          ...(Object.keys(stateDelta).length > 0 ? { stateDelta } : {}),
        },
      ];
    }),
  );
}
