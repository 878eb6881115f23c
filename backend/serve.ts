import { setLogger, version as adkVersion } from '@google/adk';
import { join } from 'node:path';
import { EnvironmentPlugin } from './agents/environment-plugin.ts';
import { loadAgents } from './agents/load-agents.ts';
import { createApp } from './app.ts';
import { ConfigError, parseConfig, type Config } from './config/config.ts';
import { startConfiguredFront } from './identity/certificates/configured-front.ts';
import { createGoogleIdentity } from './identity/google/create-google-identity.ts';
import { createCallers } from './identity/callers.ts';
import { createAwsCredentials, createTaskSecrets } from './identity/task-secrets.ts';
import { MeasuredRuns } from './http/measured-runs.ts';
import { useModel } from './model/gemini-llm.ts';
import { modelBackend, probeModel } from './model-backend.ts';
import { toAdkLogger } from './observability/adk-logger.ts';
import { EmfMetrics } from './observability/emf-metrics.ts';
import { createJsonLogger } from './observability/json-logger.ts';
import { createLineWriter } from './observability/line-writer.ts';
import type { Logger } from './observability/logger.ts';
import { combineMetrics, type Metrics } from './observability/metrics.ts';
import { OtelMetrics } from './observability/otel-metrics.ts';
import { Readiness } from './observability/readiness.ts';
import { startTelemetry } from './observability/telemetry.ts';
import { createRunService } from './runs/run-service.ts';
import { openDatabase } from './sessions/sqlite/database.ts';
import { SqliteSessionStore } from './sessions/sqlite/sqlite-session-store.ts';

/** Longer than the load balancer's 120 s, or it sends a request into a connection that we are just closing. */
const KEEP_ALIVE_S = 130;
const METRICS_EVERY_MS = 20_000;
/** Of Bun's own fetch; it is read when the process starts, so it can only be checked here. */
const MANY_REQUESTS = 10_000;

/** A bundle is one .js file with agents/ and page/ beside it; in the source tree they are folders of the checkout. */
const IS_BUNDLE = !import.meta.file.endsWith('.ts');

async function serve(): Promise<void> {
  const config = readConfig();
  const { write, flush } = createLineWriter((text) => void process.stdout.write(text));
  process.on('exit', flush);
  const log = createJsonLogger({
    level: config.logLevel,
    now: Date.now,
    write,
    fields:
      config.environment === 'local' ? {} : { environment: config.environment, revision: config.revision },
  });
  setLogger(toAdkLogger(log));
  process.on('unhandledRejection', (error) => log.error('a promise failed that nobody waits for', { error }));
  process.on('uncaughtException', (error) => {
    log.error('the process cannot go on', { error });
    process.exit(1);
  });

  const emf =
    config.metrics === 'emf'
      ? new EmfMetrics({ environment: config.environment, now: Date.now, write })
      : undefined;
  if (emf) setInterval(() => emf.flush(), METRICS_EVERY_MS).unref();
  const sendTelemetry = config.otlpEndpoint ? startTelemetry(config, process.env) : undefined;
  const sinks = [...(emf ? [emf] : []), ...(sendTelemetry ? [new OtelMetrics()] : [])];
  const metrics = sinks.length > 0 ? combineMetrics(sinks) : undefined;

  const { app, stop } = await compose(config, log, metrics);
  const server = Bun.serve({
    hostname: config.listen.host,
    port: config.listen.port,
    // The development page shows source code.
    development: false,
    idleTimeout: KEEP_ALIVE_S,
    // Routes have limits of their own, with an answer in the contract's shape; this one only bounds what is buffered.
    maxRequestBodySize: config.limits.uploadBytes + config.limits.bodyBytes,
    fetch: (request) => app.fetch(request),
  });
  const front = await startConfiguredFront(config, app.fetch, log);
  log.info('listening', {
    url: `http://${server.hostname}:${server.port}`,
    model: config.model.name,
    modelKind: config.model.kind,
    rehearsal: config.rehearsal,
    startMs: Math.round(performance.now()),
  });
  warnAboutFetchLimit(log);

  let stopping = false;
  const shutDown = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { signal });
    // While turns go on, the process still answers: probes, listeners that come back, other reads.
    await stop.drain();
    await Promise.all([server.stop(), front?.stop()]);
    await stop.close();
    emf?.flush();
    await sendTelemetry?.();
    log.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      shutDown(signal).catch((error: unknown) => {
        log.error('could not stop in order', { error });
        process.exit(1);
      });
    });
  }
}

interface Stop {
  /** Begins no new turns and waits for the running ones, for a bounded time. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** The real services, wired. */
async function compose(config: Config, log: Logger, metrics: Metrics | undefined) {
  if (config.sessions.kind !== 'sqlite') {
    throw new ConfigError([
      'LORNU_SESSION_STORE must be sqlite: Firestore sessions are not served yet; got "firestore".',
    ]);
  }
  const now = Date.now;
  const newId = () => crypto.randomUUID();
  const credentials = createAwsCredentials(config.identity, { fetch, now });
  const secrets = createTaskSecrets(config.identity, credentials, { fetch, now, log });
  secrets.start();
  const callers = createCallers(config, {
    fetch,
    now,
    newId,
    log,
    secrets,
    limitsFile: join(config.dataDir, 'limits.sqlite'),
  });
  if (!callers.required) {
    log.warn('sign-in is off: everyone on this machine may use the service', { listen: config.listen.host });
  }
  const google = createGoogleIdentity(config.identity, credentials, secrets.gcpServiceAccountKey, now);
  const backend = modelBackend(config.model, secrets.geminiApiKey, google);
  useModel({ backend, ...(config.model.name ? { model: config.model.name } : {}), log });
  const sessions = new SqliteSessionStore({ database: openDatabase(config.sessions.file) });
  const agents = await loadAgents({ dir: config.agentsDir ?? beside('agents', '../agents'), log });

  const readiness = new Readiness({
    probes: [
      { name: 'sessions', required: true, check: () => sessions.probe() },
      { name: 'model', required: false, check: (signal) => probeModel(backend, signal) },
    ],
    onChange: (name, state, error) =>
      log[state === 'ok' ? 'info' : 'warn']('dependency', { name, state, ...(error ? { error } : {}) }),
  });
  const environment = new EnvironmentPlugin(async () => ({
    environment: config.environment,
    region: config.region,
    revision: config.revision,
    model: config.model.name ?? 'as each agent names it',
    modelIsStandIn: config.model.kind === 'stand-in',
    adkVersion,
    dependencies: await readiness.report(),
  }));
  const own = createRunService({ agents, sessions, log, now, newId, plugins: [environment] });
  const runs = metrics ? new MeasuredRuns(own, metrics) : own;

  let draining = false;
  const isDraining = () => draining;
  const served = { ...config, pageDir: config.pageDir ?? beside('page', '../frontend/dist') };
  const app = createApp(served, {
    agents,
    sessions,
    runs,
    callers,
    log,
    now,
    newId,
    readiness,
    metrics,
    isDraining,
  });
  const stop: Stop = {
    drain: async () => {
      draining = true;
      await runs.drain(config.limits.drainMs);
    },
    close: async () => {
      secrets.stop();
      await sessions.close();
    },
  };
  return { app, stop };
}

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return failToStart(error);
  }
}

/** A wrong configuration is the operator's to mend: sentences, no stack, and an exit code of its own. */
function failToStart(error: ConfigError): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}

function beside(inBundle: string, inSource: string): string {
  return join(import.meta.dir, IS_BUNDLE ? inBundle : inSource);
}

/** Each running turn holds a request to the model: at Bun's own limit of 256 the next ones would wait unseen. */
function warnAboutFetchLimit(log: Logger): void {
  const limit = Number(process.env['BUN_CONFIG_MAX_HTTP_REQUESTS'] ?? 256);
  if (limit >= MANY_REQUESTS) return;
  log.warn('few requests at once', {
    limit,
    next: 'Start with BUN_CONFIG_MAX_HTTP_REQUESTS=65336 in the environment.',
  });
}

try {
  await serve();
} catch (error) {
  if (error instanceof ConfigError) failToStart(error);
  throw error;
}
