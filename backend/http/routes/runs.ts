import { z } from 'zod';
import type { AgentRegistry } from '../../agents/agent-registry.ts';
import { AppError } from '../../errors/app-error.ts';
import { contentFromWire } from '../../events/wire.ts';
import { ValidationError } from '../../errors/validation-error.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { StartTurn } from '../../runs/admission.ts';
import { hasEnded, isTakenUpLater, type Run, type TurnRequest } from '../../runs/run.ts';
import { jsonText } from '../answer.ts';
import { requestLog } from '../error-answer.ts';
import { requireApp } from '../require-app.ts';
import { defineRoute, type Route } from '../route.ts';
import { RUN_ID_HEADER, sseResponse } from '../sse.ts';
import { EVENT_ANSWER } from '../wire/answers.ts';
import { RUN_AGENT_REQUEST } from '../wire/requests.ts';

export interface RunRoutesOptions {
  agents: AgentRegistry;
  startTurn: StartTurn;
  metrics: Metrics | undefined;
  log: Logger;
  defaultAppName: string | undefined;
  /** Models that a caller may choose. */
  models: readonly string[];
  pingMs: number;
  /**
   * How long /run may be silent, in milliseconds. Must be below the load balancer's idle timeout: its own response
   * would not name the run.
   */
  silentForMs?: number;
}

export const SILENT_FOR_MS = 110_000;
const STORE_IS_AWAY = 'The session store does not answer. The turn was accepted and goes on once it does.';

/** Turns: /run responds when the turn is over, /run_sse streams it. A client that disconnects does not end the turn. */
export function runRoutes({
  agents,
  startTurn,
  metrics,
  log,
  defaultAppName,
  models,
  pingMs,
  silentForMs = SILENT_FOR_MS,
}: RunRoutesOptions): Route[] {
  function toTurn(body: z.output<typeof RUN_AGENT_REQUEST> | undefined): TurnRequest {
    if (!body) throw new AppError('INVALID_REQUEST');
    const appName = body.appName || defaultAppName;
    if (!appName) throw new AppError('APP_NAME_REQUIRED');
    requireApp(agents, appName);
    const { userId, sessionId, streaming, stateDelta, invocationId, functionCallEventId, customMetadata } =
      body;
    const { whenBusy, model } = body;
    if (model !== undefined) assertChoice(model, models);
    return {
      appName,
      userId,
      sessionId,
      streaming,
      ...(body.newMessage ? { newMessage: contentFromWire(body.newMessage) } : {}),
      ...(stateDelta ? { stateDelta } : {}),
      ...(invocationId ? { invocationId } : {}),
      ...(functionCallEventId ? { functionCallEventId } : {}),
      ...(customMetadata ? { customMetadata } : {}),
      ...(model === undefined ? {} : { model }),
      ...(whenBusy ? { whenBusy } : {}),
    };
  }

  const errors = [
    'APP_NAME_REQUIRED',
    'APP_NOT_FOUND',
    'APP_INTERNAL',
    'APP_BROKEN',
    'SESSION_NOT_FOUND',
    'INVALID_REQUEST',
    'BAD_REQUEST',
    'DRAINING',
    'BUDGET_REACHED',
    'MAINTENANCE',
    'SESSION_BUSY',
    'QUEUE_FULL',
    'TURN_FAILED',
    'TURN_TAKES_LONGER',
    'STORE_UNAVAILABLE',
    'LIMIT_REACHED',
    'NOT_STORABLE',
  ] as const;
  return [
    defineRoute({
      method: 'post',
      path: '/run',
      summary: 'Runs a turn and answers with its events.',
      tag: 'runs',
      body: RUN_AGENT_REQUEST,
      carries: 'message',
      answer: z.array(EVENT_ANSWER),
      errors,
      handler: async ({ body, context }) => {
        const run = await startTurn(context.get('principal'), { ...toTurn(body), streaming: false });
        const frames: string[] = [];
        const late = AbortSignal.timeout(silentForMs);
        let failure: string | undefined;
        // Read to the end in either case: the next message may come at once, and the session must be free by then.
        try {
          for await (const frame of run.frames(0, late)) {
            if (frame.kind === 'error') failure = reasonOf(frame.json);
            else frames.push(frame.json);
          }
        } catch (error) {
          throw isTakenUpLater(error, run) ? takesLonger(run, STORE_IS_AWAY) : error;
        }
        // Python ADK's /run answers a failed turn with a plain 500 and nothing else.
        if (failure !== undefined)
          throw new AppError(isRefusedMessage(frames) ? 'NOT_STORABLE' : 'TURN_FAILED', failure);
        if (late.aborted && !hasEnded(run.state)) throw takesLonger(run);
        return jsonText(`[${frames.join(',')}]`);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/run_sse',
      summary: 'Runs a turn and streams its events.',
      tag: 'runs',
      body: RUN_AGENT_REQUEST,
      carries: 'message',
      answer: { mediaType: 'text/event-stream' },
      errors,
      handler: async ({ body, context }) => {
        const run = await startTurn(context.get('principal'), { ...toTurn(body), splitArtifactDelta: true });
        const { signal } = context.req.raw;
        return sseResponse(run, { pingMs, metrics, log: requestLog(context, log), signal });
      },
    }),
  ];
}

function assertChoice(model: string, models: readonly string[]): void {
  if (models.includes(model)) return;
  const msg =
    models.length > 0 ? `Input should be one of: ${models.join(', ')}` : 'No model can be chosen here';
  throw new ValidationError([{ type: 'value_error', loc: ['body', 'model'], msg, input: model }]);
}

const takesLonger = ({ id }: Run, detail?: string): AppError =>
  new AppError('TURN_TAKES_LONGER', detail, { headers: { [RUN_ID_HEADER]: id } });

/** Whether the store refused the caller's message, so that the caller only got the reason. */
function isRefusedMessage([only, ...others]: readonly string[]): boolean {
  if (only === undefined || others.length > 0) return false;
  return (JSON.parse(only) as { errorCode?: string }).errorCode === 'NOT_STORABLE';
}

/** The message of an error frame, which is written for callers. */
function reasonOf(frameJson: string): string {
  const { error_details: details } = JSON.parse(frameJson) as { error_details: { error_message: string } };
  return details.error_message;
}
