import { setLogger } from '@google/adk';
import { join } from 'node:path';
import { compose, type Composed } from './compose.ts';
import { largestBody } from './http/mount-routes.ts';
import { ConfigError, parseConfig, type Config } from './config/config.ts';
import { UnusableDatabaseError } from './errors/unusable-database.ts';
import { patientFetch } from './http/patient-fetch.ts';
import { startConfiguredFront } from './identity/certificates/configured-front.ts';
import { toAdkLogger } from './observability/adk-logger.ts';
import { EmfMetrics } from './observability/emf-metrics.ts';
import { createJsonLogger } from './observability/json-logger.ts';
import { createLineWriter } from './observability/line-writer.ts';
import type { Logger } from './observability/logger.ts';
import { combineMetrics } from './observability/metrics.ts';
import { OtelMetrics } from './observability/otel-metrics.ts';
import { TraceMemory } from './observability/trace-memory.ts';
import { startTelemetry } from './observability/telemetry.ts';

/** Longer than the load balancer's 120 s, or it would send a request on a connection that we are just closing. */
const KEEP_ALIVE_S = 130;
const METRICS_EVERY_MS = 20_000;
/** Time for responses that are still being sent after the last turn. */
const LAST_ANSWERS_MS = 5_000;
/**
 * Needed limit of concurrent requests of Bun's fetch. It is read when the process starts, so it can only be checked
 * here.
 */
const MANY_REQUESTS = 10_000;

/** A bundle is one .js file beside agents/ and page/; in the source tree these are folders of the checkout. */
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
  const traces = config.devRoutes ? new TraceMemory() : undefined;
  const traceToken = Promise.withResolvers<Composed['traceToken']>();
  const token = async () => (await traceToken.promise)();
  const sendTelemetry = startTelemetry({ ...config, memory: traces, token }, process.env);
  const sinks = [...(emf ? [emf] : []), ...(config.otlpEndpoint ? [new OtelMetrics()] : [])];
  const metrics = sinks.length > 0 ? combineMetrics(sinks) : undefined;

  const folders = {
    agentsDir: config.agentsDir ?? beside('agents', '../agents'),
    pageDir: config.pageDir ?? beside('page', '../frontend/dist'),
  };
  const composed = await compose({ config: { ...config, ...folders }, log, metrics, traces });
  const { app, drain, close } = composed;
  traceToken.resolve(composed.traceToken);
  const server = Bun.serve({
    hostname: config.listen.host,
    port: config.listen.port,
    // Bun's development page would show source code.
    development: false,
    // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
    reusePort: false,
    idleTimeout: KEEP_ALIVE_S,
    // Routes have their own limits, with an error in the API's format; this one only bounds what Bun buffers.
    maxRequestBodySize: largestBody(config.limits) + 1,
    fetch: patientFetch((request) => app.fetch(request), KEEP_ALIVE_S),
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
    // While turns finish, the process still answers health checks, clients that reconnect, and reads.
    await drain();
    const quiet = Promise.all([server.stop(), front?.stop()]);
    // A reader that has stopped reading, or a body that never ends, must not delay the exit until the process is
    // killed.
    await Promise.race([quiet, Bun.sleep(LAST_ANSWERS_MS)]);
    await server.stop(true);
    await close();
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

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return failToStart(error);
  }
}

/**
 * A wrong configuration or an unusable file is for the operator to fix: sentences, no stack, and a specific exit code.
 */
function failToStart(error: Error): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}

function beside(inBundle: string, inSource: string): string {
  return join(import.meta.dir, IS_BUNDLE ? inBundle : inSource);
}

const isAboutPort = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code));

/**
 * Each running turn holds a request to the model: above Bun's default limit of 256, further ones would wait unnoticed.
 */
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
  if (error instanceof ConfigError || error instanceof UnusableDatabaseError) failToStart(error);
  if (isAboutPort(error))
    failToStart(
      new Error(
        `PORT cannot be used: ${error.message} Stop the program that has it, or choose another PORT.`,
      ),
    );
  throw error;
}
