import type { BasePlugin, Context, Event, Session } from '@google/adk';
import { digestOf } from '@lornu/evaluation/cassette.ts';
import { NOT_RECORDED, pickStep } from '@lornu/evaluation/tool-answers.ts';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { PlayedToolsPlugin, type PlayedAnswer, type PlayTool } from '../agents/replay-plugin.ts';
import { AppError } from '../errors/app-error.ts';
import { newInvocationId } from '../events/ids.ts';
import { serviceEvent } from '../events/service-event.ts';
import { contentFromWire, fromWire, toWire } from '../events/wire.ts';
import { invocationToResume } from '../turn/invocation-to-resume.ts';
import { OpenAnswers } from '../turn/open-answers.ts';
import { toTurnFailure, type TurnFailure } from '../turn/turn-failure.ts';
import { runTurn } from '../turn/turn.ts';
import type { ShadowAnswer, ShadowTurn } from './shadow-wire.ts';
import { VolatileSessions } from './volatile-sessions.ts';

export interface ShadowCandidateOptions {
  agents: AgentRegistry;
  plugins: readonly BasePlugin[];
  now: () => number;
}

/** The most turns at the same time. A candidate refuses more, and the service counts those as dropped. */
const MOST_AT_ONCE = 16;
const MOST_LLM_CALLS = 50;

interface Playing {
  /** Recorded calls that the candidate has not made yet; `args` is a digest. */
  free: { id: string; name: string; args: string; answer: PlayedAnswer }[];
  missing: string[];
}

/**
 * Runs real messages a second time. It calls the model, but not the tools: they return their answers of the real turn.
 * The session exists only in memory and has no user.
 */
export class ShadowCandidate {
  readonly #options: ShadowCandidateOptions;
  readonly #playing = new Map<string, Playing>();
  readonly #sessions = new VolatileSessions();
  readonly #tools: PlayedToolsPlugin;

  constructor(options: ShadowCandidateOptions) {
    this.#options = options;
    this.#tools = new PlayedToolsPlugin('lornu_shadow', this.#answer);
  }

  /** Throws AppError: APP_NOT_FOUND, LIMIT_REACHED. A failed turn is an event with the reason. */
  async play(turn: ShadowTurn, signal: AbortSignal): Promise<ShadowAnswer> {
    const { agents, plugins, now } = this.#options;
    const agent = agents.agents.get(turn.appName);
    if (!agent) throw new AppError('APP_NOT_FOUND', `Agent not found: ${turn.appName}`);
    if (this.#playing.size >= MOST_AT_ONCE) throw new AppError('LIMIT_REACHED');
    const session = await this.#sessionOf(turn);
    const playing: Playing = {
      free: turn.tools.map(({ args, ...tool }) => ({
        ...tool,
        args: digestOf(args),
        answer: toAnswer(tool),
      })),
      missing: [],
    };
    this.#playing.set(session.id, playing);
    const newMessage = contentFromWire(turn.newMessage);
    const invocationId = invocationToResume(session.events, newMessage) ?? newInvocationId();
    const events: Event[] = [];
    const beganMs = performance.now();
    try {
      const failure = await runTurn({
        rootAgent: agent.rootAgent,
        session,
        sessions: this.#sessions,
        request: {
          appName: turn.appName,
          userId: session.userId,
          sessionId: session.id,
          newMessage,
          streaming: false,
          ...(turn.stateDelta ? { stateDelta: turn.stateDelta } : {}),
          ...(turn.model === undefined ? {} : { model: turn.model }),
        },
        invocationId,
        answers: new OpenAnswers(),
        signal,
        maxLlmCalls: MOST_LLM_CALLS,
        emit: (event) => {
          if (!event.partial) events.push(event);
        },
        plugins: [...plugins, this.#tools],
      }).catch(toTurnFailure);
      if (failure) events.push(failureEvent(failure, invocationId, agent.rootAgent.name, now()));
    } finally {
      this.#playing.delete(session.id);
    }
    return {
      events: events.map(toWire),
      missing: playing.missing,
      ms: Math.round(performance.now() - beganMs),
    };
  }

  async #sessionOf({ appName, state, history }: ShadowTurn): Promise<Session> {
    const id = crypto.randomUUID();
    const session: Session = {
      id,
      appName,
      userId: `shadow-${id}`,
      state: { ...state },
      events: [],
      lastUpdateTime: this.#options.now(),
    };
    for (const event of history) await this.#sessions.appendEvent({ session, event: fromWire(event) });
    return session;
  }

  /** Tools of this process's other sessions run normally. */
  readonly #answer: PlayTool = async (call, context: Context | undefined) => {
    const playing = this.#playing.get(context?.invocationContext.session.id ?? '');
    if (!playing) return undefined;
    const step = pickStep(playing.free, call);
    if (!step) {
      playing.missing.push(`${call.name} was not called there`);
      return { response: { error: NOT_RECORDED } };
    }
    playing.free = playing.free.filter((one) => one !== step);
    return step.answer;
  };
}

const toAnswer = ({
  response,
  stateDelta,
}: Pick<ShadowTurn['tools'][number], 'response' | 'stateDelta'>) => ({
  response,
  ...(stateDelta ? { stateDelta } : {}),
});

function failureEvent(
  { errorCode, errorMessage }: TurnFailure,
  invocationId: string,
  author: string,
  timestamp: number,
): Event {
  return serviceEvent({ invocationId, author, errorCode, errorMessage, timestamp });
}
