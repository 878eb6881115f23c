import { getFunctionCalls, type BaseAgent, type Event, type Session } from '@google/adk';
import { unparkCalls } from '../adk/parked-calls.ts';
import { AppError } from '../errors/app-error.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { keepValues, withoutResults } from './keep-values.ts';
import type { MessageWrite } from './message-write.ts';
import { nodePathOf } from './node-path.ts';
import type { OpenAnswers } from './open-answers.ts';

export interface TurnEventsOptions {
  rootAgent: BaseAgent;
  session: Session;
  sessions: SessionStore;
  answers: OpenAnswers;
  customMetadata: Readonly<Record<string, unknown>> | undefined;
  messageWrite: MessageWrite;
  signal: AbortSignal;
  emit: (event: Event) => void;
}

/** Gives the events of a turn their ids and Python ADK's form, stores the complete ones and shows them. */
export class TurnEvents {
  readonly #options: TurnEventsOptions;
  /** Resolves when the messages of other agents so far are stored or refused. */
  #peerMessages: Promise<void> | undefined;

  constructor(options: TurnEventsOptions) {
    this.#options = options;
  }

  /** Shows a chunk of an answer, which is never stored; nothing after the turn was stopped or its message refused. */
  showPartial(event: Event): void {
    const { signal, messageWrite, emit } = this.#options;
    if (signal.aborted || messageWrite.isRefused) return;
    this.#identify(event);
    emit(event);
  }

  /** Stores an event after the messages of other agents so far: one writer at a time. */
  async store(event: Event): Promise<void> {
    if (this.#peerMessages) await this.#peerMessages;
    await this.#append(event);
  }

  async storeAndShow(event: Event): Promise<void> {
    await this.store(event);
    this.#options.emit(event);
  }

  /** The same for another agent's message during our turn; messages are stored one after the other. */
  async storePeerMessage(event: Event): Promise<void> {
    const before = this.#peerMessages;
    const storing = (async () => {
      await before;
      await this.#append(event);
      this.#options.emit(event);
    })();
    this.#peerMessages = storing.catch(() => undefined);
    await storing;
  }

  /** Sets, in place, the fields that Python ADK has on an event and adk-js lacks or sets differently. */
  toPythonForm(event: Event): Event {
    event.nodeInfo ??= { path: nodePathOf(this.#options.rootAgent, event.author) };
    const isModelCall = event.content?.role === 'model' && getFunctionCalls(unparkCalls(event)).length > 0;
    if (!event.longRunningToolIds?.length && !isModelCall) event.longRunningToolIds = undefined;
    return event;
  }

  #identify(event: Event): void {
    const { answers, customMetadata } = this.#options;
    answers.identify(event);
    if (customMetadata) event.customMetadata = { ...customMetadata, ...event.customMetadata };
  }

  /** After the turn was stopped it is closed, so only its message may still be stored. */
  async #append(event: Event): Promise<void> {
    const { answers, session, signal } = this.#options;
    if (signal.aborted && event.author !== 'user') throw new Error('The turn was stopped.');
    this.#identify(this.toPythonForm(event));
    keepValues(event, session.state);
    // ADK gives an answer the time of its call; Python gives it the time after its chunks.
    event.timestamp = Date.now();
    await answers.endWith(event, this.#appendStorable(event));
  }

  /** If the store refuses a tool's result, the event gets the reason instead. */
  async #appendStorable(event: Event): Promise<void> {
    const { session, sessions } = this.#options;
    try {
      await sessions.appendEvent({ session, event });
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === 'NOT_STORABLE';
      const refused = Object.keys(event.actions.stateDelta);
      if (!isRefused || !withoutResults(event, error.message)) throw error;
      await this.#restoreState(refused);
      await sessions.appendEvent({ session, event });
    }
  }

  /**
   * Tools have written these keys into the session in memory, where later steps would read them and stores would add
   * them up.
   */
  async #restoreState(keys: string[]): Promise<void> {
    const { session, sessions } = this.#options;
    const { appName, userId, id: sessionId } = session;
    if (keys.length === 0) return;
    const stored = await sessions.getSession({ appName, userId, sessionId, config: { numRecentEvents: 0 } });
    for (const key of keys) {
      if (stored && Object.hasOwn(stored.state, key)) session.state[key] = stored.state[key];
      else delete session.state[key];
    }
  }
}
