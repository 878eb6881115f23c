import { version as adkVersion } from '@google/adk';
import type { Hono } from 'hono';
import { CardSigner } from './a2a/card/sign-card.ts';
import { PushNotifier } from './a2a/push/push-notifier.ts';
import { PushSender } from './a2a/push/push-sender.ts';
import { TaskKeeper } from './a2a/tasks/task-keeper.ts';
import { EnvironmentPlugin } from './agents/environment-plugin.ts';
import { loadAgents } from './agents/load-agents.ts';
import { modelsOf } from './agents/models-of.ts';
import { ReplayPlugin } from './agents/replay-plugin.ts';
import { PeerPlugin } from './agents/peer-plugin.ts';
import { createApp } from './app.ts';
import type { ArtifactFiles } from './artifacts/artifact-files.ts';
import { ArtifactService } from './artifacts/artifact-service.ts';
import { DiskArtifactFiles } from './artifacts/disk/disk-artifact-files.ts';
import { GcsArtifactFiles } from './artifacts/gcs/gcs-artifact-files.ts';
import { GcsClient } from './artifacts/gcs/gcs-client.ts';
import { sessionArtifacts } from './artifacts/session-artifacts.ts';
import type { ArtifactStoreConfig, Config } from './config/config.ts';
import { isLoopback } from './config/loopback.ts';
import { accessTokens } from './google-access.ts';
import { measureEnd, MeasuredRuns } from './http/measured-runs.ts';
import type { AppEnv } from './http/route.ts';
import { createCallers } from './identity/callers.ts';
import { SharedCounts } from './identity/limits/shared-counts.ts';
import { createGoogleIdentity } from './identity/google/create-google-identity.ts';
import { type GoogleIdentity, SCOPES } from './identity/google/google-identity.ts';
import { createAwsCredentials, createTaskSecrets } from './identity/task-secrets.ts';
import { modelBackend } from './model-backend.ts';
import { ModelWatch } from './model/model-watch.ts';
import { createPeer, peerFallbackSettings, probePeer } from './peer-access.ts';
import { hasPrice } from './model/prices.ts';
import { useModel } from './model/gemini-llm.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';
import type { TraceMemory } from './observability/trace-memory.ts';
import { Readiness } from './observability/readiness.ts';
import { openStores } from './open-stores.ts';
import { RunOperator } from './runs/run-operator.ts';
import { Budgets, type SpendStore } from './runs/budgets.ts';
import { leaseTimes } from './runs/run-options.ts';
import { createRunService } from './runs/run-service.ts';
import type { RunStore } from './runs/run-store.ts';
import { TaskProtection } from './runs/task-protection.ts';
import { ShadowCandidate } from './shadow/shadow-candidate.ts';
import { Shadow, type ShadowOptions } from './shadow/shadow.ts';
import type { TaskRecords } from './tasks/task-records.ts';

export interface Composed {
  app: Hono<AppEnv>;
  /** Refuses new turns and waits, for a bounded time, for the running ones. */
  drain: () => Promise<void>;
  close: () => Promise<void>;
  /** An access token for Cloud Trace; undefined for a stand-in on this machine while we have no Google identity. */
  traceToken: () => Promise<string | undefined>;
}

export interface ComposeOptions {
  /** With agentsDir set. */
  config: Config & { agentsDir: string };
  log: Logger;
  metrics: Metrics | undefined;
  traces: TraceMemory | undefined;
}

/** The only place that constructs and wires the real services. */
export async function compose({ config, log, metrics, traces }: ComposeOptions): Promise<Composed> {
  const now = Date.now;
  const newId = () => crypto.randomUUID();
  const { identity } = config;
  const credentials = createAwsCredentials(identity, { fetch, now });
  const secrets = createTaskSecrets(identity, credentials, { fetch, now, log });
  const google = createGoogleIdentity(identity, credentials, secrets.gcpServiceAccountKey, now);
  const backend = modelBackend(config.model, secrets.geminiApiKey, google);
  const modelWatch = new ModelWatch({ backend, log });
  const peer = createPeer(identity, google, log, newId);
  useModel({
    backend,
    ...(config.model.name ? { model: config.model.name } : {}),
    onInference: metrics && ((outcome) => metrics.inference(outcome)),
    onAnswer: (asked, answered) => modelWatch.onAnswer(asked, answered),
    log,
    ...(peer && identity.peer?.fallback ? peerFallbackSettings(peer) : {}),
  });

  const {
    sessions,
    runs: runStore,
    operator: operatorStore,
    memory,
    tasks,
    spend,
    counts,
  } = await openStores(config, google, log);
  const files = artifactFiles(config.artifacts, google);
  const artifacts = new ArtifactService(files, config.limits.uploadBytes);
  const agents = await loadAgents({ dir: config.agentsDir, log });
  const models = config.model.name ? [config.model.name] : modelsOf(agents);
  const readiness = new Readiness({
    probes: [
      { name: 'sessions', required: true, check: () => sessions.probe() },
      { name: 'artifacts', required: false, check: (signal) => files.probe(signal) },
      { name: 'memory', required: false, check: (signal) => memory.probe(signal) },
      { name: 'model', required: false, check: (signal) => modelWatch.look(models, signal) },
      ...(peer
        ? [{ name: 'peer', required: false, check: async (signal: AbortSignal) => probePeer(peer, signal) }]
        : []),
    ],
    onChange: (name, state, error) =>
      log[state === 'ok' ? 'info' : 'warn']('dependency', { name, state, ...(error ? { error } : {}) }),
  });
  const shadow = createShadow(config, google, { sessions, log, metrics, now });
  const protection = await taskProtection(config, runStore, log);
  const plugins = [
    new EnvironmentPlugin(async () => environmentStatus(config, readiness)),
    ...(peer ? [new PeerPlugin(peer)] : []),
  ];
  const own = createRunService({
    agents,
    sessions,
    runs: runStore,
    limits: {
      ...leaseTimes(config.limits.leaseMs),
      runTokens: config.limits.turnTokens,
    },
    ...(protection ? { protection } : {}),
    ...budgets(config, spend, models, log),
    stopSentence: (runId) => operatorStore.stopSentence(runId),
    ...(metrics ? { onLostTurn: () => metrics.lostTurn() } : {}),
    onRunLeft: (run, left) => {
      if (metrics) measureEnd(metrics, run, left);
      if (!left.hasEnded) return;
      shadow?.consider(run, left.ms);
      void keeper.runEnded(run);
    },
    log,
    now,
    newId,
    memory,
    artifactsOf: (session) => sessionArtifacts(artifacts, session),
    plugins: [...plugins, ...(config.replayUrl ? [new ReplayPlugin(config.replayUrl)] : [])],
  });
  const runs = metrics ? new MeasuredRuns(own, metrics) : own;

  const callerCounts = new SharedCounts({ ...counts, log, now });
  const callers = createCallers(config, {
    fetch,
    now,
    newId,
    log,
    secrets,
    counts: callerCounts,
  });
  if (!callers.required) {
    log.warn('sign-in is off: everyone on this machine may use the service', { listen: config.listen.host });
  }

  const push = pushOf(config, tasks, log);
  const keeper = new TaskKeeper({
    records: tasks,
    runs,
    loadFile: async (file) => artifacts.loadArtifact(file),
    notifier: push?.notifier,
    log,
    now,
  });
  const signsCards = identity.secrets.a2aSigningKey.initial !== '';

  let draining = false;
  const app = createApp(config, {
    agents,
    sessions,
    runs,
    operator: new RunOperator({ runs: runStore, store: operatorStore, now }),
    artifacts,
    memory,
    tasks,
    push,
    signer: signsCards ? new CardSigner(secrets.a2aSigningKey) : undefined,
    callers,
    log,
    now,
    newId,
    readiness,
    metrics,
    traces,
    shadow,
    shadowCandidate: config.shadowCandidate ? new ShadowCandidate({ agents, plugins, now }) : undefined,
    isDraining: () => draining,
  });
  secrets.start();
  keeper.start();
  callerCounts.start();
  return {
    app,
    traceToken: traceToken(config, google),
    drain: async () => {
      draining = true;
      await runs.drain(config.limits.drainMs);
    },
    close: async () => {
      secrets.stop();
      keeper.stop();
      push?.sender.stop();
      shadow?.stop();
      await callerCounts.stop();
      await Promise.all([sessions.close(), memory.close()]);
    },
  };
}

function traceToken({ cloudTrace }: Config, google: GoogleIdentity | undefined): Composed['traceToken'] {
  if (!cloudTrace || (!google && isLoopback(URL.parse(cloudTrace.url)?.hostname ?? '')))
    return async () => undefined;
  return accessTokens(google, SCOPES.traces);
}

/**
 * Sends a share of messages to a candidate too, if one is configured. An https candidate gets an ID token of our Google
 * identity; http is for a candidate on this machine, which has no sign-in.
 */
function createShadow(
  { shadow }: Config,
  google: GoogleIdentity | undefined,
  parts: Pick<ShadowOptions, 'sessions' | 'log' | 'metrics' | 'now'>,
): Shadow | undefined {
  if (!shadow) return undefined;
  const { url, share, audience } = shadow;
  parts.log.warn('a share of all messages goes to a candidate too', { url, share });
  const authorization =
    google && url.startsWith('https:') ? async () => `Bearer ${await google.idToken(audience)}` : undefined;
  return new Shadow({ url, share, authorization, ...parts });
}

/** Daily budgets, if the configuration has any. They count what has a price. */
function budgets({ limits }: Config, store: SpendStore, models: readonly string[], log: Logger) {
  const { user, app, total } = limits.budgets;
  if (user === undefined && app === undefined && total === undefined) return {};
  for (const model of models)
    if (!hasPrice(model)) log.warn('no budget counts this model: it has no price', { model });
  return { budgets: new Budgets({ limits: limits.budgets, store, log, now: Date.now }) };
}

/** A2A notifications, if the configuration enables them. */
function pushOf(config: Config, { webhooks }: TaskRecords, log: Logger) {
  const { pushNotifications: targets } = config.identity;
  if (targets === 'off') return undefined;
  const sender = new PushSender({ targets, log });
  return { targets, sender, notifier: new PushNotifier({ webhooks, sender, log }) };
}

/** Only on ECS: protects the task from scale-in while runs are active. */
async function taskProtection(
  { ecsAgentUri, revision }: Config,
  runs: RunStore,
  log: Logger,
): Promise<TaskProtection | undefined> {
  if (!ecsAgentUri) return undefined;
  await runs.noteRevision(revision);
  const newerDeploymentSince = () => runs.newerRevisionSince(revision);
  return new TaskProtection({ agentUri: ecsAgentUri, log, now: Date.now, newerDeploymentSince });
}

function artifactFiles(store: ArtifactStoreConfig, google: GoogleIdentity | undefined): ArtifactFiles {
  if (store.kind === 'disk') return new DiskArtifactFiles(store.dir);
  const { bucket, apiEndpoint } = store;
  const accessToken = apiEndpoint ? async () => undefined : accessTokens(google, SCOPES.storage);
  return new GcsArtifactFiles(new GcsClient({ bucket, apiEndpoint, accessToken }));
}

/** The service's status for its own agents; contains no secrets. */
async function environmentStatus(config: Config, readiness: Readiness): Promise<Record<string, unknown>> {
  return {
    environment: config.environment,
    region: config.region,
    revision: config.revision,
    model: config.model.name ?? 'as each agent names it',
    modelIsStandIn: config.model.kind === 'stand-in',
    adkVersion,
    dependencies: await readiness.report(),
  };
}
