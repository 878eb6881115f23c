import { AppError } from '@lornu/backend/errors/app-error.ts';
import { toPublicJson } from '@lornu/backend/events/redact.ts';
import { toWire } from '@lornu/backend/events/wire.ts';
import type { TurnRequest } from '@lornu/backend/runs/run.ts';
import { frameId } from '@lornu/backend/runs/frame-ids.ts';
import { AFTER_DECISION, answerTo, textOf, wordsBeforeTool, type Plan } from './model.ts';
import { Cut, type Connection } from './connection.ts';
import { keyOf, type World } from './world.ts';

/** A reader that receives nothing for this long connects to another process. */
const QUIET_MS = 40_000;
/** The share of readers that read the session after the first word. */
const LOOKS = 0.3;
const LONGEST_PAUSE_MS = 1_500;
/** The call by which ADK asks for a confirmation. */
const QUESTION = 'adk_request_confirmation';
/** The share of confirmations that two pages send at once. */
const CONFIRMED_TWICE = 0.3;

/** The clients. They send, stop, listen, leave, and come back with their last id. */
export class People {
  readonly #world: World;
  readonly #newest = new Map<string, string>();
  /** Runs that somebody reads or has read from the beginning. */
  readonly #known = new Set<string>();
  /** Questions that somebody has answered, by the id of their call. */
  readonly #confirmed = new Set<string>();
  readonly #leaves: number;
  #busy = 0;
  #readers = 0;
  #messages = 0;
  readonly #waiting = new Map<string, string>();

  /** `leaves`: the probability that a reader disconnects for a while after a frame. */
  constructor(world: World, leaves: number) {
    this.#world = world;
    this.#leaves = leaves;
  }

  get areDone(): boolean {
    return this.#busy === 0;
  }

  /** Records the readers that are still waiting at the end. */
  leave(): void {
    for (const [reader, run] of this.#waiting) this.#world.see({ is: 'left waiting', reader, run });
  }

  /** Counts a task as busy until it is done. */
  async during(work: Promise<void>): Promise<void> {
    this.#busy++;
    await work;
    this.#busy--;
  }

  async send(
    index: number,
    session: string,
    plan: Plan,
    whenBusy: NonNullable<TurnRequest['whenBusy']>,
  ): Promise<void> {
    const message = `${session}m${++this.#messages}`;
    const text = textOf(message, plan);
    const isAhead = whenBusy === 'interrupt';
    const expected = answerTo(message, plan.tool?.name === 'ask' ? wordsBeforeTool(plan) : plan.words);
    this.#world.see({
      is: 'sent',
      message,
      session,
      text,
      expected,
      // If the process dies between the call and its question, the call gets a response, and the answer goes on.
      ...(plan.tool?.name === 'ask' ? { orWith: answerTo(`${message}c`, AFTER_DECISION.words) } : {}),
      isAhead,
    });
    let connection: Connection;
    let run;
    try {
      connection = await this.#world.connect(index);
      run = await connection.ask((process) => process.runs.start(turn(session, text, whenBusy)));
    } catch (error) {
      if (error instanceof AppError) this.#world.see({ is: 'refused', message, code: error.code });
      else this.#world.see({ is: 'unanswered', message });
      if (!(error instanceof AppError) || error.code === 'STORE_UNAVAILABLE') await this.#lookUp(session);
      return;
    }
    this.#newest.set(session, run.id);
    this.#known.add(run.id);
    this.#world.see({ is: 'accepted', message, run: run.id });
    connection.listen(run);
    await this.#read(session, run.id, connection);
  }

  /** Confirms a tool's call, sometimes at two processes at once, and again if there is no answer. */
  async #confirm(session: string, id: string): Promise<void> {
    if (this.#confirmed.has(id)) return;
    this.#confirmed.add(id);
    const { random } = this.#world;
    const response = { id, name: QUESTION, response: { confirmed: true } };
    const confirm = async (triesLeft: number): Promise<void> => {
      await this.#world.time.sleep(random() * LONGEST_PAUSE_MS);
      const whenBusy = random() < 0.8 ? 'queue' : 'interrupt';
      try {
        const connection = await this.#world.connect(Math.floor(random() * 8));
        const asked = {
          ...turn(session, '', whenBusy),
          newMessage: { role: 'user', parts: [{ functionResponse: response }] },
        };
        const run = await connection.ask((process) => process.runs.start(asked));
        this.#newest.set(session, run.id);
        this.#known.add(run.id);
        connection.listen(run);
        await this.#read(session, run.id, connection);
      } catch (error) {
        const isRefused = error instanceof AppError && error.code !== 'STORE_UNAVAILABLE';
        if (!isRefused && triesLeft > 0) await confirm(triesLeft - 1);
      }
    };
    await Promise.all([confirm(2), ...(random() < CONFIRMED_TWICE ? [confirm(0)] : [])]);
  }

  async stop(index: number, session: string, isNewest: boolean): Promise<void> {
    const runId = isNewest ? (this.#newest.get(session) ?? 'running') : 'running';
    try {
      const choice = { session: keyOf(session), runId };
      const { id, state } = await this.#world.request(index, (process) => process.runs.cancel(choice));
      this.#world.see({ is: 'stopped', run: id, state });
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof Cut)) throw error;
    }
  }

  /** Adds a reader of the newest run, from its beginning. */
  async listen(session: string): Promise<void> {
    const run = this.#newest.get(session);
    if (run) await this.#read(session, run);
  }

  /** Requests another session's run by its id. */
  async intrude(index: number, session: string, other: string): Promise<void> {
    const run = this.#newest.get(other);
    if (!run || session === other) return;
    try {
      const connection = await this.#attach(index, session, run);
      const reader = `r${++this.#readers}`;
      for (let left = 5; left > 0; left--) {
        const received = await connection.next(1_000);
        if (received && 'id' in received) this.#world.see({ is: 'shown', reader, session, run, ...received });
      }
      connection.leave();
    } catch (error) {
      if (!(error instanceof AppError) && !(error instanceof Cut)) throw error;
    }
  }

  /** Waits until the session's runs have ended. */
  async untilEnded(session: string, withinMs: number): Promise<void> {
    const { time } = this.#world;
    const key = keyOf(session);
    for (const giveUpAt = time.now + withinMs; time.now < giveUpAt; await time.sleep(1_000)) {
      const runs = await this.#world.request(0, (process) => process.runs.list(key));
      if (!runs.some(({ state }) => state === 'running' || state === 'queued')) return;
    }
  }

  /** Records the final state, and the result of one more turn. */
  async lookBack(session: string): Promise<void> {
    const key = keyOf(session);
    const world = this.#world;
    const inquire = world.request(0, async ({ runs, sessions }) => {
      for (const { id: run, state, startedMs, endedMs } of await runs.list(key)) {
        world.see({
          is: 'run',
          session,
          run,
          state,
          startedMs,
          ...(endedMs === undefined ? {} : { endedMs }),
        });
        if (state === 'running' || state === 'queued') continue;
        const frames = [];
        const attached = await runs.attach({ session: key, runId: run });
        for await (const { index, json } of attached.run.frames())
          frames.push({ id: frameId(run, index), data: json });
        world.see({ is: 'replayed', session, run, frames });
      }
      const stored = async () => (await sessions.getSession(key))?.events ?? [];
      world.see({
        is: 'stored',
        session,
        events: (await stored()).map((event) => toPublicJson(toWire(event))),
      });
      const plan = { words: 1, everyMs: 1 };
      const next = await runs.start(turn(session, textOf(`${session}m0`, plan), 'queue'));
      await next.ended;
      world.see({ is: 'next turn', session, state: next.state });
    });
    await inquire.catch((error: unknown) => world.see({ is: 'next turn', session, state: String(error) }));
  }

  /** A message without an answer may have been accepted: reads the runs that are listed and that nobody knows. */
  async #lookUp(session: string): Promise<void> {
    const runs = await this.#world
      .request(Math.floor(this.#world.random() * 8), (process) => process.runs.list(keyOf(session)))
      .catch(() => []);
    const unknown = runs.filter(({ id }) => !this.#known.has(id));
    for (const { id } of unknown) this.#known.add(id);
    await Promise.all(unknown.map(({ id }) => this.#read(session, id)));
  }

  /** Reads the session, like a page that opens during an answer. */
  async #look(session: string): Promise<void> {
    const askedAt = this.#world.time.now;
    const events = await this.#world
      .request(Math.floor(this.#world.random() * 8), async ({ sessions }) =>
        (await sessions.getSession(keyOf(session)))?.events.map((event) => ({ ...event })),
      )
      .catch(() => undefined);
    const messages = events
      ?.filter(({ author }) => author === 'user')
      .map(({ content }) => content?.parts?.[0]?.text ?? '');
    if (messages) this.#world.see({ is: 'looked', session, askedAt, messages });
  }

  async #attach(index: number, session: string, runId: string, lastEventId?: string): Promise<Connection> {
    const connection = await this.#world.connect(index);
    const choice = { session: keyOf(session), runId };
    const { run, fromIndex } = await connection.ask((process) => process.runs.attach(choice, lastEventId));
    connection.listen(run, fromIndex);
    return connection;
  }

  /** Reads until the end of the run. */
  async #read(session: string, run: string, begun?: Connection): Promise<void> {
    const { time, random } = this.#world;
    const reader = `r${++this.#readers}`;
    this.#waiting.set(reader, run);
    let connection = begun;
    let last: string | undefined;
    let question: string | undefined;
    for (;;) {
      try {
        connection ??= await this.#attach(Math.floor(random() * 8), session, run, last);
        for (;;) {
          const received = await connection.next(QUIET_MS);
          if (!received) break;
          if ('comment' in received) {
            const [, state] = /^run (\w+)/.exec(received.comment) ?? [];
            if (state === undefined) continue;
            this.#world.see({ is: 'ended', reader, run, state });
            // Continue reading, so that frames after the end would be recorded.
            const more = await connection.next(100);
            if (more && 'id' in more) this.#world.see({ is: 'shown', reader, session, run, ...more });
            else if (more) this.#world.see({ is: 'ended', reader, run, state });
            connection.leave();
            this.#waiting.delete(reader);
            if (question !== undefined) void this.during(this.#confirm(session, question));
            return;
          }
          if (last === undefined && random() < LOOKS) void this.during(this.#look(session));
          last = received.id;
          question ??= questionIn(received.data);
          this.#world.see({ is: 'shown', reader, session, run, ...received });
          if (random() < this.#leaves) break;
        }
        connection.leave();
      } catch (error) {
        const isRefused = error instanceof AppError && error.code !== 'STORE_UNAVAILABLE';
        if (isRefused) return this.#world.see({ is: 'left waiting', reader, run, why: error.code });
        if (!(error instanceof AppError) && !(error instanceof Cut)) throw error;
      }
      connection = undefined;
      await time.sleep(random() * LONGEST_PAUSE_MS);
    }
  }
}

/** The id of the call that asks for a confirmation, if a frame has one. */
function questionIn(data: string): string | undefined {
  if (!data.includes(QUESTION)) return undefined;
  const { content } = JSON.parse(data) as {
    content?: { parts?: { functionCall?: { id: string; name: string } }[] };
  };
  return content?.parts?.find(({ functionCall }) => functionCall?.name === QUESTION)?.functionCall?.id;
}

function turn(session: string, text: string, whenBusy: NonNullable<TurnRequest['whenBusy']>): TurnRequest {
  const newMessage = { role: 'user', parts: [{ text }] };
  return { ...keyOf(session), streaming: true, newMessage, whenBusy };
}
