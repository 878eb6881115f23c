import { setLogger, type BaseAgent, type BasePlugin, type Event } from '@google/adk';
import type { Content, Part } from '@google/genai';
import { prepareAgent } from '../agents/load-agents.ts';
import { useModel } from '../model/gemini-llm.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import type { RunLimits } from '../runs/run-options.ts';
import { createRunService } from '../runs/run-service.ts';
import type { RunState, TurnRequest } from '../runs/run.ts';
import { SqliteRunStore } from '../runs/sqlite/sqlite-run-store.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';
import { silentLog } from './run-bench.ts';

/** The session of every conversation. */
export const KEY = { appName: 'a', userId: 'u', sessionId: 's' };

/** The model's answer to one request: the chunks of a stream, each a list of parts; one chunk without streaming. */
export type Scripted = Part[][];

/** The fields of a /run_sse event that tests read. */
export interface ShownEvent {
  id: string;
  author: string;
  partial?: boolean;
  content?: Content;
  errorCode?: string;
  usageMetadata?: object;
}

export interface Told {
  state: RunState;
  frames: ShownEvent[];
  /** The reason of an error frame. */
  reason?: string;
}

/** A conversation with an agent whose model is scripted and refuses what Gemini refuses. */
export class Conversation {
  /** The contents of each request that the model accepted. */
  readonly requests: Content[][] = [];
  /** Gemini's message for each request that it refused. */
  readonly refusals: string[] = [];
  readonly sessions: SqliteSessionStore;
  readonly #runs: ReturnType<typeof createRunService>;
  readonly #answers: Scripted[] = [];
  readonly #otherwise: Scripted;
  readonly #readRequest: ConversationOptions['readRequest'];

  constructor(
    rootAgent: BaseAgent,
    { readRequest, plugins = [], limits = {}, otherwise = [[{ text: 'yes' }]] }: ConversationOptions,
  ) {
    this.#readRequest = readRequest;
    setLogger(toAdkLogger(silentLog));
    useModel({
      backend: { kind: 'stand-in', baseUrl: 'http://model.invalid' },
      fetch: Object.assign(async (url: unknown, init?: RequestInit) => this.#answer(String(url), init), {
        preconnect: fetch.preconnect,
      }),
    });
    this.#otherwise = otherwise;
    const database = openDatabase(':memory:');
    this.sessions = new SqliteSessionStore({ database });
    this.#runs = createRunService({
      agents: { agents: new Map([['a', { appName: 'a', rootAgent: prepareAgent(rootAgent) }]]), broken: [] },
      sessions: this.sessions,
      runs: new SqliteRunStore({ database }),
      log: silentLog,
      now: Date.now,
      newId: () => crypto.randomUUID(),
      plugins,
      limits,
    });
  }

  /** Sets the model's answers to the next requests, in order. */
  script(...answers: Scripted[]): this {
    this.#answers.push(...answers);
    return this;
  }

  /** Runs a turn: a text, or parts in a caller's form. */
  async say(message: string | Part[], more: Partial<TurnRequest> = {}): Promise<Told> {
    await this.sessions.createSession(KEY).catch(() => undefined);
    const parts = typeof message === 'string' ? [{ text: message }] : message;
    const run = await this.#runs.start({
      ...KEY,
      streaming: true,
      newMessage: { role: 'user', parts },
      ...more,
    });
    const frames: Told['frames'] = [];
    let reason: string | undefined;
    for await (const frame of run.frames()) {
      if (frame.kind === 'event') frames.push(JSON.parse(frame.json));
      else reason = JSON.parse(frame.json).error_details.error_message;
    }
    await run.ended;
    return { state: run.state, frames, ...(reason === undefined ? {} : { reason }) };
  }

  /** Stops the turn that is under way. */
  async stop(): Promise<void> {
    await this.#runs.cancel({ session: KEY, runId: 'running' });
  }

  async events(): Promise<Event[]> {
    return (await this.sessions.getSession(KEY))?.events ?? [];
  }

  async close(): Promise<void> {
    await this.#runs.drain(0);
    await this.sessions.close();
  }

  async #answer(url: string, init?: RequestInit): Promise<Response> {
    const request = this.#readRequest(typeof init?.body === 'string' ? init.body : '');
    if (typeof request === 'string') {
      this.refusals.push(request);
      return Response.json(
        { error: { code: 400, status: 'INVALID_ARGUMENT', message: request } },
        { status: 400 },
      );
    }
    this.requests.push(request.contents as Content[]);
    const pieces = this.#answers.shift() ?? this.#otherwise;
    const body = (parts: Part[], isLast: boolean): object => ({
      candidates: [
        {
          content: { role: 'model', ...(parts.length > 0 ? { parts } : {}) },
          ...(isLast ? { finishReason: 'STOP' } : {}),
        },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    });
    if (!url.includes('streamGenerateContent')) return Response.json(body(pieces.flat(), true));
    const frames = pieces.map(
      (parts, index) => `data: ${JSON.stringify(body(parts, index === pieces.length - 1))}\r\n\r\n`,
    );
    return new Response(frames.join(''));
  }
}

export interface ConversationOptions {
  /** Applies Gemini's rules as the stand-in does: returns a request's contents, or the refusal. */
  readRequest: (body: string) => { contents: unknown[] } | string;
  plugins?: BasePlugin[];
  limits?: Partial<RunLimits>;
  /** The model's answer after the script has ended. */
  otherwise?: Scripted;
}
