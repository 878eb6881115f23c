import { type IdentityConfig, toIdentityConfig } from './identity-config.ts';
import { withoutTrailing } from './without-trailing.ts';
import { rulesBroken } from './rules.ts';
import { meaningOf, VARIABLES, type VariableName, type Variables } from './variables.ts';

/** Which model answers, and whether it is Gemini or a stand-in. */
export type ModelConfig = {
  /** Replaces every Gemini model that the agents name. */
  name: string | undefined;
  /** What a caller may choose in its place for one turn. */
  others: readonly string[];
} & (
  | { kind: 'gemini-api'; apiKey: string }
  | { kind: 'vertex'; project: string; location: string }
  | { kind: 'stand-in'; baseUrl: string }
);

export type SessionStoreConfig =
  | { kind: 'sqlite'; file: string }
  | { kind: 'firestore'; database: string; project: string; emulatorHost: string | undefined };

export type ArtifactStoreConfig =
  | { kind: 'disk'; dir: string }
  | { kind: 'gcs'; bucket: string; apiEndpoint: string | undefined };

/** The service's configuration, frozen. The only form in which the environment is passed around. */
export interface Config {
  readonly environment: 'local' | 'staging';
  readonly rehearsal: boolean;
  readonly devRoutes: boolean;
  readonly replayUrl: string | undefined;
  /** A candidate that gets a share of the messages too. */
  readonly shadow: { readonly url: string; readonly share: number; readonly audience: string } | undefined;
  /** Whether this process is such a candidate. */
  readonly shadowCandidate: boolean;
  readonly region: string;
  readonly revision: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl: string | undefined;
  readonly allowOrigins: readonly string[];
  readonly defaultAppName: string | undefined;
  readonly agentsDir: string | undefined;
  readonly dataDir: string;
  readonly pageDir: string | undefined;
  readonly model: ModelConfig;
  readonly sessions: SessionStoreConfig;
  readonly artifacts: ArtifactStoreConfig;
  /** SQLite file of the memory index. */
  readonly memoryFile: string;
  /** Who may call, and our identity at AWS and Google. */
  readonly identity: IdentityConfig;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly metrics: 'none' | 'emf';
  readonly otlpEndpoint: string | undefined;
  /** Google Cloud Trace, and the share of requests that are recorded (0 to 1). */
  readonly cloudTrace: { readonly url: string; readonly share: number; readonly project: string } | undefined;
  /** The ECS agent's endpoint inside the task. */
  readonly ecsAgentUri: string | undefined;
  readonly limits: {
    readonly bodyBytes: number;
    readonly messageBytes: number;
    readonly uploadBytes: number;
    readonly bodyTimeoutMs: number;
    readonly pingMs: number;
    readonly drainMs: number;
    readonly leaseMs: number;
    readonly turnTokens: number;
    /** US dollars a day (UTC); undefined: no bound. */
    readonly budgets: {
      readonly user: number | undefined;
      readonly app: number | undefined;
      readonly total: number | undefined;
    };
  };
}

/** Thrown once with all problems, one sentence each, which names the variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment once. An empty string counts as unset; unknown names are ignored. Throws ConfigError with all
 * problems at once; values of secrets are never repeated.
 */
export function parseConfig(environment: Environment): Config {
  const given: Record<string, string> = {};
  for (const name of Object.keys(VARIABLES.shape)) {
    const value = environment[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = VARIABLES.safeParse(given);
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
    const values = defaultsFor(given, wrong);
    throw new ConfigError([
      ...[...wrong].map((name) => wrongForm(name as VariableName, given[name])),
      ...rulesBroken(values).filter((problem) => ![...wrong].some((name) => problem.startsWith(name))),
    ]);
  }
  const problems = rulesBroken(parsed.data);
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(toConfig(parsed.data));
}

/** The given variables without the invalid ones, so that rules between the others are still checked. */
function defaultsFor(given: Record<string, string>, wrong: ReadonlySet<string>): Variables {
  return VARIABLES.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name))));
}

function wrongForm(name: VariableName, value: string | undefined): string {
  const { form, secret } = meaningOf(name);
  return `${name} must be ${form}; got ${secret ? '(hidden)' : JSON.stringify(value)}.`;
}

function toConfig(v: Variables): Config {
  const staging = v.LORNU_ENVIRONMENT === 'staging';
  return {
    environment: v.LORNU_ENVIRONMENT,
    rehearsal: v.LORNU_REHEARSAL === '1',
    replayUrl: v.LORNU_REPLAY_URL,
    devRoutes: v.LORNU_DEV_ROUTES === '1',
    shadow:
      v.LORNU_SHADOW_URL && v.LORNU_SHADOW_SHARE
        ? {
            url: withoutTrailing(v.LORNU_SHADOW_URL, '/'),
            share: v.LORNU_SHADOW_SHARE,
            audience: v.LORNU_SHADOW_AUDIENCE ?? new URL(v.LORNU_SHADOW_URL).origin,
          }
        : undefined,
    shadowCandidate: v.LORNU_SHADOW_CANDIDATE === '1',
    region: v.LORNU_REGION,
    revision: v.LORNU_REVISION,
    listen: { host: v.LORNU_LISTEN_HOST ?? (staging ? '0.0.0.0' : '127.0.0.1'), port: v.PORT },
    publicUrl: v.LORNU_PUBLIC_URL,
    allowOrigins: (v.LORNU_ALLOW_ORIGINS ?? '').split(',').flatMap((origin) => origin.trim() || []),
    defaultAppName: v.ADK_DEFAULT_APP_NAME,
    agentsDir: v.LORNU_AGENTS_DIR,
    dataDir: v.LORNU_DATA_DIR,
    pageDir: v.LORNU_PAGE_DIR,
    model: toModel(v),
    sessions: toSessions(v),
    artifacts: v.ARTIFACT_BUCKET
      ? { kind: 'gcs', bucket: v.ARTIFACT_BUCKET, apiEndpoint: v.STORAGE_EMULATOR_HOST }
      : { kind: 'disk', dir: `${v.LORNU_DATA_DIR}/artifacts` },
    memoryFile: `${v.LORNU_DATA_DIR}/memory.sqlite`,
    identity: toIdentityConfig(v),
    logLevel: v.LORNU_LOG_LEVEL,
    metrics: v.LORNU_METRICS,
    otlpEndpoint: v.OTEL_EXPORTER_OTLP_ENDPOINT,
    cloudTrace: v.LORNU_TRACE_URL
      ? {
          url: withoutTrailing(v.LORNU_TRACE_URL, '/'),
          share: v.LORNU_TRACE_SHARE ?? 1,
          project: v.GOOGLE_CLOUD_PROJECT ?? '',
        }
      : undefined,
    ecsAgentUri: v.ECS_AGENT_URI,
    limits: {
      bodyBytes: v.LORNU_MAX_BODY_BYTES,
      messageBytes: v.LORNU_MAX_MESSAGE_BYTES,
      uploadBytes: v.LORNU_MAX_UPLOAD_BYTES,
      bodyTimeoutMs: v.LORNU_BODY_TIMEOUT_MS,
      pingMs: v.LORNU_PING_MS,
      drainMs: v.LORNU_DRAIN_MS,
      leaseMs: v.LORNU_LEASE_MS,
      turnTokens: v.LORNU_TURN_TOKENS,
      budgets: {
        user: v.LORNU_DAILY_BUDGET_USER_USD,
        app: v.LORNU_DAILY_BUDGET_APP_USD,
        total: v.LORNU_DAILY_BUDGET_USD,
      },
    },
  };
}

function toModel(v: Variables): ModelConfig {
  const name = v.GEMINI_MODEL;
  const others = v.GEMINI_OTHER_MODELS?.split(/, ?/) ?? [];
  if (v.GOOGLE_GEMINI_BASE_URL) return { name, others, kind: 'stand-in', baseUrl: v.GOOGLE_GEMINI_BASE_URL };
  if (v.GOOGLE_GENAI_USE_VERTEXAI) {
    return {
      name,
      others,
      kind: 'vertex',
      project: v.GOOGLE_CLOUD_PROJECT ?? '',
      location: v.GOOGLE_CLOUD_LOCATION ?? '',
    };
  }
  return { name, others, kind: 'gemini-api', apiKey: v.GEMINI_API_KEY ?? '' };
}

function toSessions(v: Variables): SessionStoreConfig {
  const kind = v.LORNU_SESSION_STORE ?? (v.LORNU_ENVIRONMENT === 'staging' ? 'firestore' : 'sqlite');
  return kind === 'sqlite'
    ? { kind, file: `${v.LORNU_DATA_DIR}/sessions.sqlite` }
    : {
        kind,
        database: v.FIRESTORE_DATABASE ?? '',
        project: v.GOOGLE_CLOUD_PROJECT ?? '',
        emulatorHost: v.FIRESTORE_EMULATOR_HOST,
      };
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}
