import { type AgentServer, readSession } from '@lornu/evaluation/agent-client.ts';
import { type EvalSet, FormatError, parseEvalCase, withEfficiency } from '@lornu/evaluation/eval-set.ts';
import { evaluate } from '@lornu/evaluation/evaluate.ts';
import { toInvocations } from '@lornu/evaluation/invocation.ts';
import { geminiJudge } from '@lornu/evaluation/judge.ts';
import { toCamelKeys } from '@lornu/evaluation/keys.ts';
import { METRICS_INFO } from '@lornu/evaluation/metrics-info.ts';
import { z } from 'zod';
import type { AgentRegistry } from '../../agents/agent-registry.ts';
import type { ModelConfig } from '../../config/config.ts';
import { AppError } from '../../errors/app-error.ts';
import { requireApp } from '../require-app.ts';
import type { AppContext, Method, Route } from '../route.ts';
import { devRoute } from './dev-route.ts';
import type { EvalFiles } from './eval-files.ts';

const METRIC = z.looseObject({
  metricName: z.string(),
  threshold: z.number().nullish(),
  criterion: z.looseObject({ threshold: z.number() }).nullish(),
});
const either = <T extends z.ZodType>(schema: T) => z.preprocess(toCamelKeys, schema);
const CREATE = either(z.looseObject({ evalSet: z.looseObject({ evalSetId: z.string() }) }));
const RUN = either(
  z.looseObject({
    evalIds: z.array(z.string()).default([]),
    evalCaseIds: z.array(z.string()).default([]),
    evalMetrics: z.array(METRIC),
  }),
);
const ADD_SESSION = either(
  z.looseObject({ evalId: z.string().min(1), sessionId: z.string(), userId: z.string() }),
);

export interface EvalRoutes {
  registry: AgentRegistry;
  files: EvalFiles;
  model: ModelConfig;
  /** The service itself: a case runs through the same API as every message. */
  self: (request: Request) => Promise<Response>;
}

const SETS = '/dev/apps/:appName/eval-sets';
const LEGACY_SETS = '/dev/apps/:appName/eval_sets';

/** Throws BAD_REQUEST if Host is not a host name. */
function originOf(context: AppContext): string {
  const url = URL.parse(context.req.url);
  if (!url) throw new AppError('BAD_REQUEST');
  return url.origin;
}

/** The evaluation routes of `adk web` (google-adk 2.13, cli/dev_server.py), as ADK's page calls them. */
export function evalRoutes({ registry, files, model, self }: EvalRoutes): Route[] {
  const appOf = (path: Record<string, string>): string => requireApp(registry, path['appName'] ?? '').appName;
  const setOf = async (path: Record<string, string>): Promise<EvalSet> =>
    files.readSet(appOf(path), path['evalSetId'] ?? '');
  const serverFor = (context: AppContext): AgentServer => ({
    url: originOf(context),
    headers: passOn(context),
    fetch: async (url, init) => self(new Request(url, init)),
    signal: context.req.raw.signal,
  });
  const create = async (app: string, evalSetId: string): Promise<EvalSet> => {
    if ((await files.listSets(app)).includes(evalSetId))
      throw new AppError('BAD_REQUEST', `EvalSet ${evalSetId} already exists for app ${app}.`);
    const set = { evalSetId, name: evalSetId, evalCases: [], creationTimestamp: Date.now() / 1_000 };
    await files.writeSet(app, set);
    return set;
  };

  return [
    route('get', SETS, 'Names of the eval sets of an app.', async ({ context, path }) =>
      context.json({ evalSetIds: await files.listSets(appOf(path)) }),
    ),
    route('get', LEGACY_SETS, 'The same as a list.', async ({ context, path }) =>
      context.json(await files.listSets(appOf(path))),
    ),
    route(
      'post',
      SETS,
      'Makes an empty eval set.',
      async ({ context, path, body }) =>
        context.json(await create(appOf(path), (body as z.output<typeof CREATE>).evalSet.evalSetId)),
      CREATE,
    ),
    route(
      'post',
      `${LEGACY_SETS}/:evalSetId`,
      'Makes an empty eval set of that name.',
      async ({ context, path }) => {
        await create(appOf(path), path['evalSetId'] ?? '');
        return context.json(null);
      },
    ),
    route(
      'get',
      `${LEGACY_SETS}/:evalSetId/evals`,
      'Names of the cases of an eval set.',
      async ({ context, path }) =>
        context.json((await setOf(path)).evalCases.map(({ evalId }) => evalId).toSorted()),
    ),
    ...both('/:evalSetId/eval-cases/:evalId', '/:evalSetId/evals/:evalId').flatMap((pattern) => [
      route('get', pattern, 'A case of an eval set.', async ({ context, path }) => {
        const found = (await setOf(path)).evalCases.find(({ evalId }) => evalId === path['evalId']);
        if (!found)
          throw new AppError(
            'EVAL_NOT_FOUND',
            `Eval set \`${path['evalSetId']}\` or Eval \`${path['evalId']}\` not found.`,
          );
        return context.json(found);
      }),
      route(
        'put',
        pattern,
        'Replaces a case of an eval set.',
        async ({ context, path, body }) => {
          const set = await setOf(path);
          const changed = readCase({ ...(body as object), evalId: path['evalId'] });
          if (!set.evalCases.some(({ evalId }) => evalId === changed.evalId))
            throw new AppError('EVAL_NOT_FOUND');
          await files.writeSet(appOf(path), {
            ...set,
            evalCases: set.evalCases.map((one) => (one.evalId === changed.evalId ? changed : one)),
          });
          return context.json(null);
        },
        either(z.looseObject({})),
      ),
      route('delete', pattern, 'Deletes a case of an eval set.', async ({ context, path }) => {
        const set = await setOf(path);
        const left = set.evalCases.filter(({ evalId }) => evalId !== path['evalId']);
        if (left.length === set.evalCases.length) throw new AppError('EVAL_NOT_FOUND');
        await files.writeSet(appOf(path), { ...set, evalCases: left });
        return context.json(null);
      }),
    ]),
    ...both('/:evalSetId/add-session', '/:evalSetId/add_session').map((pattern) =>
      route(
        'post',
        pattern,
        'Adds a conversation to an eval set, as a case.',
        async ({ context, path, body }) => {
          const set = await setOf(path);
          const { evalId, sessionId, userId } = body as z.output<typeof ADD_SESSION>;
          const appName = appOf(path);
          if (set.evalCases.some((one) => one.evalId === evalId))
            throw new AppError(
              'BAD_REQUEST',
              `Eval id \`${evalId}\` already exists in \`${set.evalSetId}\`.`,
            );
          const session = await readSession(serverFor(context), { appName, userId, sessionId });
          if (!session) throw new AppError('SESSION_NOT_FOUND');
          const added = readCase({
            evalId,
            conversation: toInvocations(session.events),
            sessionInput: { appName, userId, state: {} },
            creationTimestamp: Date.now() / 1_000,
          });
          await files.writeSet(appName, { ...set, evalCases: [...set.evalCases, added] });
          return context.json(null);
        },
        ADD_SESSION,
      ),
    ),
    ...[`${SETS}/:evalSetId/run`, `${LEGACY_SETS}/:evalSetId/run_eval`].map((pattern) =>
      route(
        'post',
        pattern,
        'Runs cases of an eval set, and keeps and returns the result.',
        async ({ context, path, body }) => {
          const appName = appOf(path);
          const { evalIds, evalCaseIds, evalMetrics } = body as z.output<typeof RUN>;
          const { result } = await evaluate(serverFor(context), {
            appName,
            evalSet: await setOf(path),
            metrics: withEfficiency(evalMetrics),
            evalIds: evalCaseIds.length > 0 ? evalCaseIds : evalIds,
            keepSessions: true,
            ask: model.kind === 'gemini-api' ? geminiJudge({ key: model.apiKey }) : undefined,
          });
          await files.writeResult(appName, result);
          const runEvalResults = result.evalCaseResults.map((one) => ({
            ...one,
            // Only a stored result has it.
            sessionDetails: undefined,
            evalSetFile: one.evalSetId,
            evalMetricResults: [],
          }));
          return context.json(pattern.endsWith('run') ? { runEvalResults } : runEvalResults);
        },
        RUN,
      ),
    ),
    route(
      'get',
      '/dev/apps/:appName/eval-results',
      'Names of the results of an app.',
      async ({ context, path }) => context.json({ evalResultIds: await files.listResults(appOf(path)) }),
    ),
    route('get', '/dev/apps/:appName/eval_results', 'The same as a list.', async ({ context, path }) =>
      context.json(await files.listResults(appOf(path))),
    ),
    ...['eval-results', 'eval_results'].map((name) =>
      route('get', `/dev/apps/:appName/${name}/:resultId`, 'A result.', async ({ context, path }) =>
        context.json((await files.readResult(appOf(path), path['resultId'] ?? '')) as object),
      ),
    ),
    route(
      'get',
      '/dev/apps/:appName/metrics-info',
      'The metrics that can be chosen.',
      ({ context, path }) => {
        appOf(path);
        return context.json({ metricsInfo: METRICS_INFO });
      },
    ),
  ];
}

const both = (now: string, legacy: string): string[] => [`${SETS}${now}`, `${LEGACY_SETS}${legacy}`];

function route(
  method: Method,
  path: string,
  summary: string,
  handler: Route['handler'],
  body?: z.ZodType,
): Route {
  return devRoute('evaluation', { method, path, summary, handler, body });
}

function readCase(value: unknown) {
  try {
    return parseEvalCase(value);
  } catch (error) {
    throw error instanceof FormatError ? new AppError('BAD_REQUEST', error.message) : error;
  }
}

/** The caller's credentials: a case runs as the caller who started it. */
function passOn(context: AppContext): Record<string, string> {
  return Object.fromEntries(
    ['authorization', 'cookie', 'host'].flatMap((name) => {
      const value = context.req.header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
