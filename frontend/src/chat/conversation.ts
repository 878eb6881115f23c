import { asProblem, isMissing, isRewound, isUnknownRoute, Problem } from '../api/problem.ts';
import { isFailure, type StreamFrame } from '../api/read-frames.ts';
import {
  attachRun,
  cancelRun,
  findRunning,
  listRuns,
  RUNNING,
  runIdOf,
  type SessionKey,
} from '../api/run.ts';
import { createSession, getSession, rewindSession, type Owner } from '../api/sessions.ts';
import type { Part, Session } from '../api/types.ts';
import { Store } from '../util/store.ts';
import { tellTabs } from '../util/tab-channel.ts';
import { noteFrame } from './answer-times.ts';
import {
  initialState,
  isBusy,
  titleTextOf,
  toLocalEvent,
  withAccepted,
  withRuns,
  type ConversationState,
  type QueuedMessage,
} from './conversation-state.ts';
import { followTurn, startInTime } from './follow-turn.ts';
import { mergeFrame, settle } from './merge-frame.ts';
import { storeFiles, type UploadProgress } from './stored-files.ts';
import { toTitle } from './to-title.ts';
import { toTurns } from './to-turns.ts';
import type { Confirmation, Turn } from './turn.ts';

/** A cancelled run sends its last frames at once; after this time the page stops listening. */
const LAST_FRAMES_WITHIN_MS = 3_000;
/** Refused because another answer is running, or because nobody is signed in any more. */
const KEEPS_MESSAGE: ReadonlySet<number> = new Set([401, 409]);
/** How often the page asks whether the service knows a turn that was just sent. */
const LOOK_EVERY_MS = 200;

/** One conversation on screen: its state, and what a person can do with it. */
export class Conversation extends Store<ConversationState> {
  readonly owner: Owner;
  /** The model that answers from the next message on; undefined for the usual one. */
  model: string | undefined;
  #request: AbortController | undefined;
  /** Messages are sent one after the other, or the service might receive them in another order. */
  #sending: Promise<unknown> = Promise.resolve();
  /** Whether a frame of the running turn has arrived, so that the service has the message. */
  #hasBegun = false;
  /** The problem that is shown came from reading the conversation. */
  #loadFailed = false;
  readonly #onProgress = (upload?: UploadProgress): void => this.setSoon({ upload });

  /** A new conversation, one to be loaded, or one whose events are known. */
  constructor(owner: Owner, session?: string | Session) {
    super(initialState(session));
    this.owner = owner;
  }

  /**
   * Loads the conversation from the service, and attaches to a running answer. `kept` is a problem that stays shown,
   * because the person has not dealt with it yet.
   */
  async load(kept?: Problem): Promise<void> {
    const { sessionId } = this.getState();
    if (!sessionId || isBusy(this.getState())) return;
    try {
      const session = await getSession(this.owner, sessionId);
      // A turn may have begun on this page meanwhile; what it shows is newer.
      if (isBusy(this.getState())) return;
      this.set({ events: session.events ?? [], phase: 'idle', problem: kept });
      await this.attach();
      this.#loadFailed = false;
    } catch (error) {
      if (kept) return;
      this.#loadFailed = true;
      this.set({ phase: 'idle', problem: asProblem(error) });
    }
  }

  /** Shows the running answer from its beginning, if there is one. */
  async attach(): Promise<void> {
    const key = this.#key();
    if (!key || isBusy(this.getState())) return;
    const runs = await listRuns(key);
    if (isBusy(this.getState())) return;
    const run = runs.find(({ state }) => state === 'running');
    this.set(withRuns(this.getState(), runs));
    if (run) await this.#follow((signal) => attachRun(key, run.id, undefined, signal));
    else await this.#takeNext();
  }

  async send(parts: Part[], model?: string): Promise<void> {
    await this.#say(parts, model);
  }

  /**
   * Sends a message while an answer is running, to be answered after it or instead of it. False if it was refused; the
   * problem says why.
   */
  async sendMeanwhile(parts: Part[], whenBusy: 'queue' | 'interrupt'): Promise<boolean> {
    const message: QueuedMessage = { key: crypto.randomUUID(), parts, runId: undefined };
    const others = this.getState().queued;
    this.set({ queued: whenBusy === 'queue' ? [...others, message] : [message, ...others] });
    const sent = this.#sending.then(async () => this.#hand(message, whenBusy));
    this.#sending = sent;
    const isTaken = await sent;
    // The answer that it waited for may have ended meanwhile.
    if (isTaken && !isBusy(this.getState())) void this.#takeNext();
    return isTaken;
  }

  /** Takes a queued message back and returns its parts; undefined if its turn has begun. */
  async takeBack({ key, runId, parts }: QueuedMessage): Promise<Part[] | undefined> {
    const session = this.#key();
    if (!session || !runId || !(await this.#cancel(session, runId))) return undefined;
    if (!this.getState().queued.some((message) => message.key === key)) return undefined;
    this.#forget(key);
    return parts;
  }

  /** Answers ADK's request for a confirmation; the turn continues with the answer. */
  async confirm(confirmation: Confirmation, confirmed: boolean): Promise<void> {
    const functionResponse = {
      id: confirmation.callId,
      name: 'adk_request_confirmation',
      response: { confirmed },
    };
    await this.#say([{ functionResponse }]);
  }

  /** Rewinds `turn` and everything after it, and sends its message again, to `model` if given. */
  async resend(turn: Turn, model?: string): Promise<void> {
    const key = this.#key();
    if (isBusy(this.getState())) return;
    if (key && turn.invocationId) {
      this.set({ phase: 'waiting', problem: undefined, unsent: undefined });
      try {
        const session = await rewindSession(key.owner, key.sessionId, turn.invocationId);
        this.set({ phase: 'idle', events: session.events ?? [] });
      } catch (error) {
        const problem = asProblem(error);
        this.set({ phase: 'idle' });
        // Another device has sent the message again meanwhile.
        if (isRewound(problem)) return this.load();
        // google-adk's own server cannot rewind: there the message is sent once more.
        if (!isUnknownRoute(problem)) return this.set({ problem });
      }
    }
    await this.send(turn.user?.parts ?? [], model);
  }

  /** Retries the last turn. If it is unknown whether the service received it, asks the service first. */
  async retry(): Promise<void> {
    const turns = toTurns(this.getState().events);
    const turn = turns.at(-1);
    if (!turn?.user) return this.load();
    // If only loading the answer failed, load it again: sending the message again would rewind an answered turn.
    if (turn.invocationId) return this.#loadFailed ? this.load() : this.resend(turn);
    if (this.#key()) {
      await this.load();
      const { events, problem } = this.getState();
      const hasArrived = toTurns(events).length >= turns.length;
      if (problem || hasArrived || isBusy(this.getState())) return undefined;
    } else {
      this.set({ events: [] });
    }
    return this.send(turn.user.parts);
  }

  /** Cancels the running answer; the shown text stays. */
  async stop(): Promise<void> {
    const key = this.#key();
    const request = this.#request;
    if (!key || !request) return;
    this.set({ phase: 'stopping' });
    try {
      await cancelRun(key, RUNNING);
      setTimeout(() => request.abort(), LAST_FRAMES_WITHIN_MS);
    } catch (error) {
      request.abort();
      if (!isMissing(asProblem(error))) this.set({ problem: asProblem(error) });
    }
  }

  /** Cancels any running answer, wherever it was started, and sends the message that was refused because of it. */
  async interrupt(): Promise<void> {
    const key = this.#key();
    const { unsent } = this.getState();
    if (!key || !unsent || !(await this.#cancel(key, RUNNING))) return;
    await this.load();
    await this.#say(unsent);
  }

  /** False if the run may still continue; the problem says why. */
  async #cancel(key: SessionKey, runId: string): Promise<boolean> {
    try {
      await cancelRun(key, runId);
    } catch (error) {
      if (!isMissing(asProblem(error))) return (this.set({ problem: asProblem(error) }), false);
    }
    return true;
  }

  async #say(parts: Part[], model?: string): Promise<void> {
    if (isBusy(this.getState())) return;
    this.#loadFailed = false;
    const { events } = this.getState();
    this.set({
      events: [...events, toLocalEvent(parts)],
      phase: 'waiting',
      problem: undefined,
      unsent: undefined,
    });
    await this.#follow(async (signal) => {
      let isUploading = true;
      try {
        const key = await this.#ensureSession(parts);
        const message = await storeFiles(key, parts, { signal, onProgress: this.#onProgress });
        isUploading = false;
        if (parts.some(({ fileData }) => fileData)) this.set({ events: [...events, toLocalEvent(message)] });
        const response = await startInTime(key, message, signal, { model: model ?? this.model });
        tellTabs({ kind: 'turn-started', sessionId: key.sessionId });
        return response;
      } catch (error) {
        // A retry would not help, or nothing was sent: the message goes back into the message box.
        const isUnsent = isUploading && this.#key() !== undefined;
        if (isUnsent || KEEPS_MESSAGE.has(asProblem(error).status)) this.set({ events, unsent: parts });
        throw error;
      }
    }, performance.now());
  }

  /** Never rejects. */
  async #hand({ key: id, parts }: QueuedMessage, whenBusy: 'queue' | 'interrupt'): Promise<boolean> {
    const request = new AbortController();
    try {
      const key = await this.#untilBegun();
      const stored = await storeFiles(key, parts, { signal: request.signal, onProgress: this.#onProgress });
      const response = await startInTime(key, stored, request.signal, { whenBusy, model: this.model });
      this.set(withAccepted(this.getState(), id, runIdOf(response)));
      return true;
    } catch (error) {
      this.#forget(id);
      this.set({ problem: asProblem(error) });
      return false;
    } finally {
      // The page attaches once it begins, because a browser allows few connections.
      request.abort();
    }
  }

  /** Waits until the service knows the turn, so that a message sent meanwhile cannot overtake it. */
  async #untilBegun(): Promise<SessionKey> {
    for (;;) {
      const key = this.#key();
      if (key && (!isBusy(this.getState()) || this.#hasBegun || (await findRunning(key)))) return key;
      if (!isBusy(this.getState())) throw new Problem(0, 'The message was not sent.', 'Send it again.');
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #forget(key: string): void {
    this.set({ queued: this.getState().queued.filter((message) => message.key !== key) });
  }

  /** Continues with the first queued message that the service has accepted. */
  async #takeNext(): Promise<void> {
    const key = this.#key();
    const { queued, events } = this.getState();
    const [next, ...rest] = queued;
    const runId = next?.runId;
    if (!key || !next || !runId) return;
    this.set({ queued: rest, events: [...events, toLocalEvent(next.parts)], problem: undefined });
    await this.#follow((signal) => attachRun(key, runId, undefined, signal));
  }

  /** `sentMs`: when this page sent the message; absent for an answer that may have begun before. */
  async #follow(open: (signal: AbortSignal) => Promise<Response>, sentMs?: number): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    let isIncomplete = false;
    let count = 0;
    let hasFailed = false;
    this.#hasBegun = false;
    this.set({ phase: 'waiting', hasRun: true });
    try {
      const onConnection = (isLost: boolean): void => {
        isIncomplete = true;
        this.set({ phase: isLost ? 'lost' : 'waiting' });
      };
      const frames = followTurn({ key: () => this.#key(), open, signal: request.signal, onConnection });
      for await (const frame of frames) {
        count++;
        if (!isFailure(frame.event)) noteFrame(frame.event.invocationId, isIncomplete ? undefined : sentMs);
        this.#take(frame);
      }
    } catch (error) {
      hasFailed = !request.signal.aborted;
      if (hasFailed) this.set({ problem: asProblem(error) });
    }
    this.#request = undefined;
    this.set({ events: settle(this.getState().events), phase: 'idle' });
    const { sessionId } = this.getState();
    if (sessionId) tellTabs({ kind: 'turn-ended', sessionId });
    if (hasFailed) return;
    // A queued message that was taken back in another tab has no frames.
    if ((isIncomplete || count === 0) && !this.getState().problem) await this.load();
    else await this.#takeNext();
  }

  async #ensureSession(parts: Part[]): Promise<SessionKey> {
    const known = this.#key();
    if (known) return known;
    const session = await createSession(this.owner, toTitle(titleTextOf(parts)));
    this.set({ sessionId: session.id });
    tellTabs({ kind: 'sessions-changed' });
    return { owner: this.owner, sessionId: session.id };
  }

  #key(): SessionKey | undefined {
    const { sessionId } = this.getState();
    return sessionId ? { owner: this.owner, sessionId } : undefined;
  }

  #take({ event }: StreamFrame): void {
    this.#hasBegun = true;
    if (isFailure(event)) {
      // If the model failed, an event has already said how; this frame only ends the stream.
      if (this.getState().events.at(-1)?.errorCode) return;
      this.set({
        problem: new Problem(0, 'The answer could not be finished.', 'Try again; what you wrote is kept.'),
      });
      return;
    }
    const phase = this.getState().phase === 'stopping' ? 'stopping' : 'streaming';
    this.setSoon({ events: mergeFrame(this.getState().events, event), phase });
  }
}
