import { z } from 'zod';
import { ERROR_TABLE } from '../../errors/error-table.ts';
import { AppError } from '../../errors/app-error.ts';
import { toSeconds } from '../../events/codec.ts';
import { mayUse } from '../../identity/principal.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ActiveRun, Maintenance, RunFilter } from '../../runs/operator-store.ts';
import { STOPPED_BY_OPERATOR, type RunOperator } from '../../runs/run-operator.ts';
import { NEXT_CURSOR_HEADER } from '../paging.ts';
import { defineRoute, type AppContext, type Route } from '../route.ts';
import { wirePageSize } from '../wire/wire-schema.ts';

export interface OperatorRoutesOptions {
  operator: RunOperator;
  log: Logger;
  now: () => number;
}

const BASE = '/api/v1/operator';
/** Sessions on a page where none is asked for, and at most. */
const SESSIONS_A_PAGE = 100;
const RETRY_AFTER_SECONDS = 300;

const FILTER = { appName: z.string().min(1).optional(), userId: z.string().min(1).optional() };
const LIST_QUERY = z.object({ ...FILTER, limit: wirePageSize.optional(), cursor: z.string().optional() });

const RUN = z.object({
  id: z.string(),
  appName: z.string(),
  userId: z.string(),
  sessionId: z.string(),
  invocationId: z.string(),
  state: z.enum(['queued', 'running']),
  startTime: z.number().meta({ description: 'When it began, or was queued; seconds since the epoch.' }),
  ageSeconds: z.number(),
  silentSeconds: z.number().meta({ description: 'Since its last event; up to 5 seconds behind.' }),
  tokens: z.number().meta({ description: 'Model tokens so far; up to 5 seconds behind.' }),
  process: z.string().meta({ description: 'Works on it; empty while it is queued.' }),
  takeovers: z.number(),
  stopRequested: z.boolean(),
});

/** A run that has not ended, as operators see it. */
export type ShownRun = z.infer<typeof RUN>;

/** One line, which a page shows as it is. */
const SENTENCE = z
  .string()
  .trim()
  .min(1)
  .max(500)
  // oxlint-disable-next-line no-control-regex -- what has no place in a sentence
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A sentence is one line.');

const STOP = z
  .object({
    ...FILTER,
    runId: z.string().min(1).optional(),
    all: z.literal(true).optional(),
    sentence: SENTENCE.default(STOPPED_BY_OPERATOR).meta({
      description: 'What the people read whose turn it was.',
    }),
  })
  .refine(({ runId, all, appName, userId }) => {
    const isFilter = appName !== undefined || userId !== undefined;
    return [runId !== undefined, all === true, isFilter].filter(Boolean).length === 1;
  }, 'Name what to stop: runId, appName or userId or both, or all: true.');

const REFUSE = z.object({
  sentence: SENTENCE.default(ERROR_TABLE.MAINTENANCE.sentence),
  retryAfterSeconds: z.int().min(1).max(86_400).default(RETRY_AFTER_SECONDS),
});

const MAINTENANCE = z.object({
  refusesNewTurns: z.boolean(),
  sentence: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
  since: z.number().optional().meta({ description: 'Seconds since the epoch.' }),
  by: z.string().optional(),
});

export type ShownMaintenance = z.infer<typeof MAINTENANCE>;

/**
 * What operators do (docs/operations.md): see all runs, stop some, refuse new turns. The role is asked for here as well as
 * in front of all routes, and each use is logged.
 */
export function operatorRoutes({ operator, log, now }: OperatorRoutesOptions): Route[] {
  function use(context: AppContext, action: string, more: Record<string, unknown> = {}): string {
    const principal = context.get('principal');
    if (!mayUse(principal, 'operator')) throw new AppError('CALLER_NOT_ALLOWED');
    log.info('operator', { action, operator: principal.id, requestId: context.get('requestId'), ...more });
    return principal.id;
  }

  const errors = ['INVALID_REQUEST', 'CALLER_NOT_ALLOWED', 'STORE_UNAVAILABLE'] as const;
  return [
    defineRoute({
      method: 'get',
      path: `${BASE}/runs`,
      summary: 'Runs of all sessions that have not ended, by pages of sessions.',
      tag: 'operator',
      query: LIST_QUERY,
      answer: z.array(RUN),
      errors: [...errors, 'BAD_CURSOR'],
      handler: async ({ query, context }) => {
        const filter = toFilter(query);
        use(context, 'list runs', { ...filter });
        const limit = Math.min(query.limit ?? SESSIONS_A_PAGE, SESSIONS_A_PAGE);
        const cursor =
          query.cursor === undefined ? undefined : Buffer.from(query.cursor, 'base64url').toString();
        const { runs, next } = await operator.list(filter, limit, cursor);
        if (next !== undefined) context.header(NEXT_CURSOR_HEADER, Buffer.from(next).toString('base64url'));
        const nowMs = now();
        return context.json(runs.map((run) => toWireRun(run, nowMs)));
      },
    }),
    defineRoute({
      method: 'post',
      path: `${BASE}/runs/stop`,
      summary:
        'Asks for runs to be stopped, in whichever process they are: one, those of an agent or a user, or all. Answers with their ids.',
      tag: 'operator',
      body: STOP,
      answer: z.object({ stopped: z.array(z.string()) }),
      errors: [...errors, 'RUN_NOT_FOUND'],
      handler: async ({ body, context }) => {
        if (!body) throw new AppError('INVALID_REQUEST');
        const { runId, all, sentence } = body;
        const choice = runId === undefined ? (all ? 'all' : toFilter(body)) : { runId };
        const meant = { ...(choice === 'all' ? { all: true } : choice), sentence };
        use(context, 'stop runs', meant);
        const stopped = await operator.stop(choice, sentence);
        log.warn('an operator stopped runs', { count: stopped.length, ...meant });
        return context.json({ stopped });
      },
    }),
    defineRoute({
      method: 'get',
      path: `${BASE}/maintenance`,
      summary: 'Whether new turns are refused.',
      tag: 'operator',
      answer: MAINTENANCE,
      errors,
      handler: async ({ context }) => {
        use(context, 'read maintenance');
        return context.json(toWireMaintenance(await operator.maintenance()));
      },
    }),
    defineRoute({
      method: 'put',
      path: `${BASE}/maintenance`,
      summary: 'Refuses new turns in every process within two seconds; running and queued ones go on.',
      tag: 'operator',
      body: REFUSE,
      bodyOptional: true,
      answer: MAINTENANCE,
      errors,
      handler: async ({ body, context }) => {
        const asked = body ?? REFUSE.parse({});
        const by = use(context, 'refuse new turns', asked);
        return context.json(toWireMaintenance(await operator.refuse({ ...asked, by })));
      },
    }),
    defineRoute({
      method: 'delete',
      path: `${BASE}/maintenance`,
      summary: 'Takes new turns again, in every process within two seconds.',
      tag: 'operator',
      answer: MAINTENANCE,
      errors,
      handler: async ({ context }) => {
        use(context, 'allow new turns');
        await operator.allow();
        return context.json(toWireMaintenance(undefined));
      },
    }),
  ];
}

const toFilter = ({ appName, userId }: RunFilter): RunFilter => ({
  ...(appName === undefined ? {} : { appName }),
  ...(userId === undefined ? {} : { userId }),
});

function toWireRun(run: ActiveRun, nowMs: number) {
  const { id, session, invocationId, state, startedMs, eventMs, tokens, owner, takeovers } = run;
  const since = (ms: number) => Math.max(0, Math.round((nowMs - ms) / 1000));
  return {
    id,
    ...session,
    invocationId,
    state,
    startTime: toSeconds(startedMs),
    ageSeconds: since(startedMs),
    silentSeconds: since(eventMs ?? startedMs),
    tokens,
    process: owner,
    takeovers,
    stopRequested: run.isCancelRequested,
  };
}

function toWireMaintenance(maintenance: Maintenance | undefined) {
  if (!maintenance) return { refusesNewTurns: false };
  const { sentence, retryAfterSeconds, sinceMs, by } = maintenance;
  return { refusesNewTurns: true, sentence, retryAfterSeconds, since: toSeconds(sinceMs), by };
}
