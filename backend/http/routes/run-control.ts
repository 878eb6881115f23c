import { z } from 'zod';
import { toSeconds } from '../../events/codec.ts';
import { contentToWire } from '../../events/wire.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { RunChoice, RunService, RunSummary } from '../../runs/run.ts';
import { requestLog } from '../error-answer.ts';
import { PAGE_QUERY, pageOf } from '../paging.ts';
import { CONTENT } from '../wire/content-schema.ts';
import { defineRoute, type Route } from '../route.ts';
import { toWireUsage, USAGE } from '../wire/usage.ts';
import { sseResponse } from '../sse.ts';

export interface RunControlOptions {
  runs: RunService;
  metrics: Metrics | undefined;
  log: Logger;
  pingMs: number;
}

const RUNS = '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/runs';

const RUN = z.object({
  id: z.string(),
  invocationId: z.string(),
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled', 'interrupted']),
  startTime: z.number().meta({ description: 'Seconds since the epoch.' }),
  endTime: z.number().optional(),
  newMessage: CONTENT.optional().meta({ description: 'Of a queued run.' }),
  usage: USAGE.optional().meta({ description: 'Once it has ended.' }),
});

/** Browsers only send Last-Event-ID when they reconnect, so a new listener may use the query parameter. */
const ATTACH_QUERY = z.object({ lastEventId: z.string().optional() });

/** Runs of a session: list, attach, cancel. `running` stands for the run in progress. */
export function runControlRoutes({ runs, metrics, log, pingMs }: RunControlOptions): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: RUNS,
      summary: 'Runs of a session that are still kept, newest first.',
      tag: 'runs',
      query: PAGE_QUERY,
      answer: z.array(RUN),
      errors: ['BAD_CURSOR', 'INVALID_REQUEST', 'STORE_UNAVAILABLE'],
      handler: async ({ path, query, context }) => {
        const page = pageOf(await runs.list(toChoice(path).session), ({ id }) => id, query, context);
        return context.json(page.map(toWireRun));
      },
    }),
    defineRoute({
      method: 'get',
      path: `${RUNS}/:runId/frames`,
      summary: 'Listens to a run: what came after Last-Event-ID is sent first, then it goes on live.',
      tag: 'runs',
      query: ATTACH_QUERY,
      answer: { mediaType: 'text/event-stream' },
      errors: ['RUN_NOT_FOUND', 'BAD_LAST_EVENT_ID', 'STORE_UNAVAILABLE'],
      handler: async ({ path, query, context }) => {
        const lastEventId = context.req.header('last-event-id') ?? query.lastEventId;
        const { run, fromIndex } = await runs.attach(toChoice(path), lastEventId);
        const { signal } = context.req.raw;
        return sseResponse(run, { pingMs, metrics, log: requestLog(context, log), signal, fromIndex });
      },
    }),
    defineRoute({
      method: 'post',
      path: `${RUNS}/:runId/cancel`,
      summary:
        'Stops a run, whichever process works on it, or takes a queued message back; what was shown stays in the session.',
      tag: 'runs',
      answer: RUN,
      errors: ['RUN_NOT_FOUND', 'STORE_UNAVAILABLE'],
      handler: async ({ path, context }) => context.json(toWireRun(await runs.cancel(toChoice(path)))),
    }),
  ];
}

function toChoice({
  appName = '',
  userId = '',
  sessionId = '',
  runId = '',
}: Record<string, string>): RunChoice {
  return { session: { appName, userId, sessionId }, runId };
}

function toWireRun({ id, invocationId, state, startedMs, endedMs, newMessage, usage }: RunSummary) {
  const times = {
    startTime: toSeconds(startedMs),
    ...(endedMs === undefined ? {} : { endTime: toSeconds(endedMs) }),
  };
  const message = newMessage ? { newMessage: contentToWire(newMessage) } : {};
  return { id, invocationId, state, ...times, ...message, ...(usage ? { usage: toWireUsage(usage) } : {}) };
}
