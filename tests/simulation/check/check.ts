import { isAnswer, isError, isRising, openCalls, textOf, type Event } from './event.ts';
import type { Entry } from './history.ts';
import { END_STATES, paidAfterEnd } from './paid-after-end.ts';
import { ParsedEvents, readStored, wholeIds, type Stored } from './parsed-events.ts';
import { actsOf, longSilences, SILENCE_MS, SLACK_MS } from './silences.ts';

/** A guarantee of docs/guarantees.md that a history breaks: its number and a description. */
export interface Breach {
  guarantee: number;
  what: string;
}

type Of<K extends Entry['is']> = Extract<Entry, { is: K }>;

/**
 * Finds every broken guarantee in a history. It only uses outside observations, and no knowledge of the implementation.
 */
export function check(history: readonly Entry[]): Breach[] {
  return new Checker(history).check();
}

class Checker {
  readonly #history: readonly Entry[];
  readonly #byKind: ReadonlyMap<Entry['is'], readonly Entry[]>;
  readonly #breaches = new Map<string, Breach>();
  readonly #sent: Map<string, Of<'sent'>>;
  readonly #runOf = new Map<string, string>();
  readonly #messageOf = new Map<string, string>();
  readonly #runs: Map<string, Of<'run'>>;
  readonly #replays: Map<string, Of<'replayed'>>;
  readonly #stored: Map<string, Stored>;
  readonly #parsed = new ParsedEvents();
  readonly #wholeIds: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #acts: ReadonlyMap<string, number[]>;
  readonly #toldTheEnd: ReadonlySet<string>;

  constructor(history: readonly Entry[]) {
    this.#history = history;
    this.#byKind = Map.groupBy(history, ({ is }) => is);
    this.#sent = new Map(this.#all('sent').map((sent) => [sent.message, sent]));
    this.#runs = new Map(this.#all('run').map((run) => [run.run, run]));
    this.#replays = new Map(this.#all('replayed').map((replay) => [replay.run, replay]));
    this.#stored = new Map(
      this.#all('stored').map(({ session, events }) => [session, readStored(events, this.#parsed)]),
    );
    this.#wholeIds = wholeIds(this.#replays.values(), this.#parsed);
    this.#acts = actsOf(history);
    this.#toldTheEnd = new Set(this.#all('ended').map(({ reader }) => reader));
    for (const { message, run } of this.#all('accepted')) {
      this.#runOf.set(message, run);
      this.#messageOf.set(run, message);
    }
  }

  check(): Breach[] {
    this.#messages();
    this.#looks();
    this.#turns();
    const byReader = Map.groupBy(this.#all('shown'), ({ reader }) => reader);
    for (const [reader, received] of byReader) this.#reader(reader, received);
    for (const replay of this.#replays.values()) this.#replay(replay);
    for (const { events } of this.#stored.values()) this.#order(events);
    this.#ends();
    this.#reasons();
    this.#stops();
    this.#tools();
    this.#bounds();
    this.#nextTurns();
    // 13: every failure reaches the code that waits for it.
    for (const { error } of this.#all('unawaited'))
      this.#expect(false, 13, `a promise failed, and nobody awaited it: ${error}`);
    return [...this.#breaches.values()];
  }

  #all<K extends Entry['is']>(kind: K): readonly Of<K>[] {
    return (this.#byKind.get(kind) ?? []) as readonly Of<K>[];
  }

  #expect(isTrue: boolean, guarantee: number, what: string): void {
    const key = `${guarantee} ${what}`;
    if (!isTrue && !this.#breaches.has(key)) this.#breaches.set(key, { guarantee, what });
  }

  /** 2: each accepted message is in the session once; a refused message is not. */
  #messages(): void {
    const refused = new Map(this.#all('refused').map(({ message, code }) => [message, code]));
    const texts = new Map<string, string[]>();
    for (const [session, { events }] of this.#stored)
      texts.set(session, events.filter(({ author }) => author === 'user').map(textOf));
    for (const { message, session, text } of this.#sent.values()) {
      const stored = texts.get(session);
      if (!stored) continue;
      const times = stored.filter((one) => one === text).length;
      this.#expect(times <= 1, 2, `${message} is in the session ${times} times`);
      const code = refused.get(message);
      // A store that does not answer may still have stored the message.
      this.#expect(
        code === undefined || code === 'STORE_UNAVAILABLE' || times === 0,
        2,
        `${message} was refused, but is in the session`,
      );
      const runId = this.#runOf.get(message);
      if (runId === undefined) continue;
      const run = this.#runs.get(runId);
      this.#expect(run !== undefined, 2, `${message} was accepted and its run is gone`);
      const hasSpoken = this.#replays.get(runId)?.frames.some(({ data }) => !isError(data)) ?? false;
      const mustStand = run?.state === 'completed' || hasSpoken;
      this.#expect(times === 1 || !mustStand, 2, `${message} was accepted and is not in the session`);
    }
  }

  /** 2: after a client has seen a word of an answer, the message is in the session. */
  #looks(): void {
    const shownAt = new Map<string, number>();
    const bySession = Map.groupBy(this.#sent.values(), ({ session }) => session);
    for (const entry of this.#history) {
      const message =
        entry.is === 'shown' && !isError(entry.data) ? this.#messageOf.get(entry.run) : undefined;
      if (message !== undefined && !shownAt.has(message)) shownAt.set(message, entry.at);
      if (entry.is !== 'looked') continue;
      for (const { message: asked, text } of bySession.get(entry.session) ?? [])
        if ((shownAt.get(asked) ?? Infinity) <= entry.askedAt)
          this.#expect(
            entry.messages.includes(text),
            2,
            `${asked} was being answered, but was not in the session`,
          );
    }
  }

  /** 6: messages are answered in the order of acceptance, except those that interrupt. */
  #turns(): void {
    const acceptedAt = new Map(this.#all('accepted').map(({ message, at }) => [message, at]));
    for (const [session, { events }] of this.#stored) {
      const sent = [...this.#sent.values()].filter((it) => it.session === session && !it.isAhead);
      const byText = new Map(sent.map((it) => [it.text, it]));
      let newest = 0;
      for (const event of events) {
        const message = event.author === 'user' ? byText.get(textOf(event)) : undefined;
        const accepted = message && acceptedAt.get(message.message);
        if (!message || accepted === undefined) continue;
        this.#expect(
          accepted >= newest,
          6,
          `${message.message} was answered after messages that were sent later`,
        );
        newest = Math.max(newest, message.at);
      }
    }
  }

  /** 1, 3, 6, 11: checks the frames that one reader saw. */
  #reader(reader: string, received: readonly Of<'shown'>[]): void {
    const [first] = received;
    if (!first) return;
    const { run, session } = first;
    for (const { data } of received)
      for (const [, owner] of data.matchAll(/\b(s\d+)m\d+c?\.\d+/g))
        this.#expect(owner === session, 11, `${reader} of ${session} was shown words of ${owner}`);
    const replay = this.#replays.get(run);
    if (replay?.session === session) {
      const all = replay.frames;
      const differs = received.findIndex(
        ({ id, data }, index) => id !== all[index]?.id || data !== all[index].data,
      );
      this.#expect(
        differs === -1,
        3,
        `${reader} did not see the frames of ${run} each once and in order, from its ${differs}th on`,
      );
      const isTold = this.#toldTheEnd.has(reader);
      this.#expect(
        !isTold || received.length === all.length,
        3,
        `${reader} was told the end of ${run} after ${received.length} of ${all.length} frames`,
      );
      const ids = new Set(received.map(({ id }) => id));
      this.#expect(ids.size === received.length, 3, `${reader} saw a frame twice`);
      // Then the check of the replay is one of these frames too.
      if (differs === -1) return;
    }
    this.#kept(
      session,
      received.map(({ data }) => data),
      reader,
    );
  }

  /** 1: all text that was shown is in the session, word for word. */
  #kept(session: string, frames: readonly string[], who: string): void {
    const stored = this.#stored.get(session)?.byId;
    if (!stored || stored.size === 0) return;
    const shown = new Map<string, string>();
    for (const data of frames) {
      if (isError(data)) continue;
      const event = this.#parsed.of(data);
      const kept = stored.get(event.id);
      if (event.partial) shown.set(event.id, (shown.get(event.id) ?? '') + textOf(event));
      // The notice that another writer has the session goes only to listeners.
      else if (kept !== event && JSON.stringify(kept) !== data && event.errorCode !== 'SESSION_CHANGED')
        this.#expect(false, 1, `${who} saw the event ${event.id}, which the session does not have so`);
    }
    for (const [id, text] of shown) {
      const kept = stored.get(id);
      if (text === '') continue;
      this.#expect(
        kept !== undefined && textOf(kept).startsWith(text),
        1,
        `${who} saw ${JSON.stringify(text)} as ${id}, and the session has ${kept ? JSON.stringify(textOf(kept)) : 'no such event'}`,
      );
    }
  }

  /** 1, 6: checks the replay of a run after its end. */
  #replay({ run, session, frames }: Of<'replayed'>): void {
    const all = frames.map(({ data }) => data);
    this.#kept(session, all, `a later reader of ${run}`);
    const events = this.#stored.get(session)?.events;
    if (!events) return;
    const told = frames.flatMap(({ data }) => (isError(data) ? [] : [this.#parsed.of(data)]));
    const whole = told.filter(({ partial }) => !partial);
    const found = whole.map(({ id }) => events.findIndex((event) => event.id === id));
    const places = found.filter((place) => place !== -1);
    this.#expect(isRising(places), 6, `${run} was replayed in a different order than that of the session`);
    const invocation = told[0]?.invocationId ?? 'none';
    const ofRun = events.filter((event) => event.invocationId === invocation && event.author !== 'user');
    // The run that answers a question continues the invocation of the run that asked it.
    const shown = this.#wholeIds.get(session);
    const isWhole = ofRun.every(({ id }) => shown?.has(id));
    this.#expect(isWhole, 6, `the session has events of ${run} that its replay lacks`);
    const message = this.#messageOf.get(run);
    const { expected, orWith = '' } = (message === undefined ? undefined : this.#sent.get(message)) ?? {};
    if (expected === undefined || this.#runs.get(run)?.state !== 'completed') return;
    const answer = whole
      .filter(({ author }) => author !== 'user')
      .map(textOf)
      .join('')
      .replace(/[ .]+$/, '');
    this.#expect(
      answer === expected || answer === (expected + orWith).replace(/[ .]+$/, ''),
      5,
      `${run} says ${JSON.stringify(answer)} instead of ${JSON.stringify(expected)}`,
    );
  }

  /** 5, 6: one writer at a time, one order. */
  #order(events: readonly Event[]): void {
    const ids = events.map(({ id }) => id);
    this.#expect(new Set(ids).size === ids.length, 5, 'an event is in the session twice');
    this.#expect(
      isRising(events.map(({ timestamp = 0 }) => timestamp)),
      6,
      'the times of events do not rise',
    );
    const turns = events
      .filter(({ invocationId }, index) => invocationId !== events[index - 1]?.invocationId)
      .filter((first) => !isAnswer(first))
      .map(({ invocationId }) => invocationId);
    this.#expect(new Set(turns).size === turns.length, 5, 'two turns wrote to the session at the same time');
  }

  /** 4: each run has one end, and every reader gets the same one. */
  #ends(): void {
    for (const { run, state } of this.#runs.values())
      this.#expect(END_STATES.has(state), 4, `${run} has not ended: ${state}`);
    const told = new Map<string, number>();
    const readers = new Set<string>();
    for (const [at, entry] of this.#history.entries()) {
      if (entry.is === 'shown')
        this.#expect(!told.has(entry.reader), 4, `${entry.reader} was shown a frame after the end`);
      if (entry.is === 'left waiting')
        this.#expect(
          false,
          4,
          `${entry.reader} was never told the end of ${entry.run}${entry.why ? `: ${entry.why}` : ''}`,
        );
      if (entry.is !== 'ended') continue;
      this.#expect(!readers.has(entry.reader), 4, `${entry.reader} was told the end twice`);
      readers.add(entry.reader);
      told.set(entry.reader, at);
      const state = this.#runs.get(entry.run)?.state;
      this.#expect(
        state === undefined || state === entry.state,
        4,
        `${entry.reader} was told ${entry.state} of ${entry.run}, which is ${state}`,
      );
    }
  }

  /**
   * 12: no turn ends because a process ends. A turn fails only with the model or the store, and is only interrupted if
   * silent.
   */
  #reasons(): void {
    const failed = new Set(this.#all('model').map(({ message }) => message));
    const isStoreAway = this.#all('process').some(({ what }) => what === 'without its store');
    for (const { run, state, startedMs, endedMs = startedMs } of this.#runs.values()) {
      const message = this.#messageOf.get(run);
      if (message === undefined) continue;
      if (state === 'failed')
        this.#expect(failed.has(message) || isStoreAway, 12, `${run} failed for no reason`);
      if (state !== 'interrupted') continue;
      const acts = this.#acts.get(message) ?? [];
      const last = Math.max(startedMs, ...acts.filter((at) => at <= endedMs));
      this.#expect(endedMs - last >= SILENCE_MS - SLACK_MS, 12, `${run} was interrupted while it worked`);
    }
  }

  /** 4, 7: the response to a stop has the final state, and the model is not paid after it. */
  #stops(): void {
    for (const { run, state } of this.#all('stopped')) {
      const end = this.#runs.get(run)?.state;
      const isTrue = !END_STATES.has(state) || end === undefined || end === state;
      this.#expect(isTrue, 4, `a stop was answered with ${state} of ${run}, which is ${end}`);
    }
    for (const message of paidAfterEnd(this.#history, this.#messageOf))
      this.#expect(false, 7, `the model was paid for ${message} after its end was told`);
  }

  /** 8: a tool that is not safe to repeat runs at most once. */
  #tools(): void {
    const once = this.#all('tool').filter(({ isRepeatable }) => !isRepeatable);
    for (const [message, calls] of Map.groupBy(once, (call) => call.message))
      this.#expect(calls.length === 1, 8, `${calls[0]?.tool} was run ${calls.length} times for ${message}`);
  }

  /** 9: no run is silent for longer than the limit, whatever faults occur. */
  #bounds(): void {
    const disturbances = this.#all('process').filter(({ what }) => what !== 'started');
    for (const run of this.#runs.values()) {
      const message = this.#messageOf.get(run.run);
      if (message === undefined) continue;
      for (const silence of longSilences(run, this.#acts.get(message) ?? [], disturbances))
        this.#expect(false, 9, `${run.run} was silent for ${Math.round(silence / 1000)} s`);
    }
  }

  /** 10: the conversation can continue afterwards. */
  #nextTurns(): void {
    for (const { reason } of this.#all('invalid'))
      this.#expect(false, 10, `the model refused a request: ${reason}`);
    for (const [session, { events }] of this.#stored)
      for (const id of openCalls(events))
        this.#expect(false, 10, `the call ${id} of ${session} has no response`);
    for (const { session, state } of this.#all('next turn'))
      this.#expect(state === 'completed', 10, `the next turn of ${session}: ${state}`);
  }
}
