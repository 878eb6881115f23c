import { isLlmAgent, version as adkVersion } from '@google/adk';
import { servedAgents } from './a2a/agents.ts';
import { a2aFailure, a2aServer } from './a2a/server.ts';
import { toKnownError } from './a2a/wire/errors.ts';
import type { AgentRegistry } from './agents/agent-registry.ts';
import { Hono } from 'hono';
import type { Config } from './config/config.ts';
import { answerError } from './http/error-answer.ts';
import { debugRoutes } from './http/dev/debug-routes.ts';
import { EvalFiles } from './http/dev/eval-files.ts';
import { evalRoutes } from './http/dev/eval-routes.ts';
import { observe } from './http/middleware/observe.ts';
import { traceRequests } from './http/middleware/trace-requests.ts';
import { appStateAccess } from './identity/app-state-access.ts';
import { isA2aPath } from './identity/request-target.ts';
import { isLoopback } from './config/loopback.ts';
import { originCheck } from './http/middleware/origin-check.ts';
import { createByteBudget, maxBodyBytes, mountRoutes } from './http/mount-routes.ts';
import { requestPath } from './http/request-path.ts';
import type { AppEnv, Route } from './http/route.ts';
import { appRoutes } from './http/routes/apps.ts';
import { artifactDownloadRoutes } from './http/routes/artifact-download.ts';
import { artifactRoutes } from './http/routes/artifacts.ts';
import { copySessionRoutes } from './http/routes/copy-session.ts';
import { healthRoutes } from './http/routes/health.ts';
import { memoryRoutes } from './http/routes/memory.ts';
import { meRoutes } from './http/routes/me.ts';
import { openApiRoutes } from './http/openapi/openapi-routes.ts';
import { PageFiles } from './http/page/page-files.ts';
import { servePage } from './http/page/serve-page.ts';
import { notBuiltRoutes } from './http/routes/not-built.ts';
import { operatorRoutes } from './http/routes/operator.ts';
import { readyRoutes } from './http/routes/ready.ts';
import { rewindRoutes } from './http/routes/rewind.ts';
import { runControlRoutes } from './http/routes/run-control.ts';
import { runRoutes } from './http/routes/runs.ts';
import { searchRoutes } from './http/routes/search.ts';
import { sessionRoutes } from './http/routes/sessions.ts';
import { shadowRoutes } from './http/routes/shadow.ts';
import { shareRoutes } from './http/routes/share.ts';
import { usageRoutes } from './http/routes/usage.ts';
import { answerUnmatched } from './http/unmatched.ts';
import { createAdmission } from './runs/admission.ts';
import type { Services } from './services.ts';

/** The service as a fetch handler. Does not listen and does not read the environment. */
export function createApp(config: Config, services: Services): Hono<AppEnv> {
  const {
    agents,
    sessions,
    runs,
    operator,
    artifacts,
    memory,
    tasks,
    push,
    signer,
    callers,
    log,
    now,
    newId,
    readiness,
    metrics,
    traces,
    shadow,
    shadowCandidate,
    isDraining,
  } = services;
  const app = new Hono<AppEnv>({ getPath: (request) => requestPath(request, config.defaultAppName) });
  const page = config.pageDir ? PageFiles.list(config.pageDir) : undefined;
  const assertMayWriteState = appStateAccess(config.identity.callers.appStateFromPeople);
  // Messages of running turns stay in memory long after their requests end, so they have their own budget.
  const startTurn = createAdmission(
    runs,
    callers.limits,
    createByteBudget(config.limits),
    sessions,
    assertMayWriteState,
    async () => operator.assertOpen(),
    log,
  );
  const budget = createByteBudget(config.limits);
  const model = config.model.name ?? namedModel(agents, config.defaultAppName);
  const { others } = config.model;
  const models = others.length > 0 ? [...new Set([model, ...others])] : [];
  const described: Route[] = [
    ...healthRoutes(config, adkVersion, { model, models }),
    ...readyRoutes({ readiness, agents, activeRuns: () => runs.activeCount, isDraining }),
    ...appRoutes(agents),
    ...sessionRoutes(sessions, artifacts, now, assertMayWriteState),
    ...runRoutes({
      agents,
      startTurn,
      metrics,
      log,
      defaultAppName: config.defaultAppName,
      models,
      pingMs: config.limits.pingMs,
    }),
    ...artifactRoutes(artifacts),
    ...artifactDownloadRoutes(artifacts),
    ...memoryRoutes(memory, sessions),
    ...rewindRoutes({ sessions, artifacts, runs, now }),
    ...copySessionRoutes({ sessions, artifacts }, assertMayWriteState),
    ...searchRoutes(sessions),
    ...shareRoutes({ sessions, artifacts, now }),
    ...usageRoutes(sessions),
    ...runControlRoutes({ runs, metrics, log, pingMs: config.limits.pingMs }),
    ...operatorRoutes({ operator, log, now }),
    ...shadowRoutes({ shadow, candidate: shadowCandidate, log }),
    ...meRoutes(),
    ...notBuiltRoutes(),
    ...(config.devRoutes && config.agentsDir !== undefined
      ? [
          ...evalRoutes({
            registry: agents,
            files: new EvalFiles(config.agentsDir),
            model: config.model,
            self: async (request) => app.fetch(request),
          }),
          ...debugRoutes(agents, sessions, traces),
        ]
      : []),
  ];
  const routes = [...described, ...openApiRoutes(described, config.revision)];

  const isHttps = config.publicUrl?.startsWith('https:') ?? false;
  app.use(observe({ log, metrics, clock: () => performance.now(), newId, isHttps }));
  if (config.otlpEndpoint || config.cloudTrace || traces) app.use(traceRequests());
  app.use(
    originCheck({
      allowOrigins: config.allowOrigins,
      // In a rehearsal a loopback address stands for the task's own address, behind a load balancer.
      thisMachineOnly: isLoopback(config.listen.host) && !config.rehearsal,
    }),
  );
  app.use(callers.identify(new Set(routes.filter(({ isOpen }) => isOpen).map(({ path }) => path))));
  if (callers.signIn) app.route('/', callers.signIn);
  mountRoutes(app, routes, config.limits, budget);
  app.route(
    '/',
    a2aServer({
      agents: servedAgents({
        config,
        agents,
        startTurn,
        runs,
        sessions,
        tasks,
        loadFile: async (file) => artifacts.loadArtifact(file),
        push,
        signer,
        log,
        now,
      }),
      defaultAppName: config.defaultAppName,
      body: { maxBytes: maxBodyBytes(config.limits, 'message'), timeoutMs: config.limits.bodyTimeoutMs },
      budget,
      pingMs: config.limits.pingMs,
      log,
    }),
  );
  app.notFound(async (context) => (await servePage(page, context)) ?? answerUnmatched(app, routes, context));
  app.onError((error, context) =>
    isA2aPath(context.req.path)
      ? a2aFailure(context, toKnownError(error, log))
      : answerError(error, context, log),
  );
  return app;
}

/** The model named by the root agent of the default app, or of the first app if there is no default. */
function namedModel({ agents }: AgentRegistry, defaultAppName: string | undefined): string {
  const app = agents.get(defaultAppName ?? '') ?? agents.values().next().value;
  if (!app || !isLlmAgent(app.rootAgent)) return 'none';
  const { model } = app.rootAgent;
  return typeof model === 'string' ? model : (model?.model ?? 'none');
}
