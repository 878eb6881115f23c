import { z } from 'zod';
import { IDENTITY_VARIABLES } from './identity-variables.ts';
import {
  dollars,
  flag,
  httpUrl,
  meanings,
  port,
  positiveInt,
  share,
  variable,
  type VariableMeaning,
} from './variable.ts';

/**
 * Every environment variable that the service reads; there is no other list. Rules between variables (what staging
 * refuses, what belongs together) are in rules.ts.
 */
export const VARIABLES = z.object({
  LORNU_ENVIRONMENT: variable(z.enum(['local', 'staging']).default('local'), {
    meaning: 'Which rules apply; local listens on loopback addresses only.',
    form: 'local or staging',
  }),
  PORT: variable(port.default(8080), {
    meaning: 'Port to listen on; 0 picks a free one.',
    form: 'a port number from 0 to 65535',
  }),
  LORNU_LISTEN_HOST: variable(z.union([z.ipv4(), z.ipv6()]).optional(), {
    meaning: 'Address to listen on. Default: 127.0.0.1 locally, 0.0.0.0 in staging.',
    form: 'an IP address',
  }),
  LORNU_PUBLIC_URL: variable(httpUrl.optional(), {
    meaning: 'The URL at which people and peers reach the service, as the agent card names it.',
    form: 'an http:// or https:// URL',
  }),
  LORNU_ALLOW_ORIGINS: variable(z.string().optional(), {
    meaning: 'Origins beside our own whose pages may call the service, separated by commas.',
    form: 'origins separated by commas',
  }),
  LORNU_REGION: variable(z.string().default('local'), {
    meaning: 'Region that the service runs in, as /version and the page show it.',
    form: 'a region name such as eu-central-1',
  }),
  LORNU_REVISION: variable(z.string().default('dev'), {
    meaning: 'The revision that was built, as /version and the page show it.',
    form: 'a commit id or a version',
  }),
  LORNU_DEV_ROUTES: variable(flag, {
    meaning:
      "Answers what ADK's own page asks for its Eval, Trace and Graph tabs; it writes beside the agents.",
    form: '0 or 1',
  }),
  LORNU_REPLAY_URL: variable(httpUrl.optional(), {
    meaning:
      'Where recorded conversations are played from: tools answer from there and do nothing (lornu replay).',
    form: 'an http:// URL of this machine',
  }),
  LORNU_SHADOW_URL: variable(httpUrl.optional(), {
    meaning:
      'A candidate that gets a share of the messages too, with what the tools answered; none when left out.',
    form: 'an https:// URL, or an http:// URL of this machine',
  }),
  LORNU_SHADOW_SHARE: variable(share, {
    meaning: 'Share of turns that go to the candidate too.',
    form: 'a number from 0 to 1',
  }),
  LORNU_SHADOW_AUDIENCE: variable(z.string().optional(), {
    meaning: 'Whom our tokens for the candidate are made for. Default: the origin of LORNU_SHADOW_URL.',
    form: 'an audience',
  }),
  LORNU_SHADOW_CANDIDATE: variable(flag, {
    meaning:
      'Takes messages of a running service as its candidate: no tool does anything, nothing is stored.',
    form: '0 or 1',
  }),
  LORNU_REHEARSAL: variable(flag, {
    meaning: 'Staging rehearsed on one machine: stand-ins on loopback addresses are accepted and named.',
    form: '0 or 1',
  }),

  GEMINI_API_KEY: variable(z.string().regex(/^\S+$/).optional(), {
    meaning: "Key of Gemini's API.",
    form: 'an API key, without spaces or line ends',
    secret: true,
  }),
  GEMINI_MODEL: variable(z.string().optional(), {
    meaning: 'Model used in the place of whatever Gemini model the agents name.',
    form: 'a Gemini model name',
  }),
  GEMINI_OTHER_MODELS: variable(
    z
      .string()
      .regex(/^[\w.-]+(?:, ?[\w.-]+)*$/)
      .optional(),
    {
      meaning: 'Models that a caller may choose for one turn in the place of the usual one.',
      form: 'Gemini model names separated by commas',
    },
  ),
  GOOGLE_GEMINI_BASE_URL: variable(httpUrl.optional(), {
    meaning: "Where a stand-in for Gemini's API listens. Answers are then named as the stand-in's.",
    form: 'an http:// or https:// URL',
  }),
  GOOGLE_GENAI_USE_VERTEXAI: variable(z.stringbool().default(false), {
    meaning: 'Call Gemini through Vertex AI instead of the Gemini API.',
    form: 'true or false',
  }),
  GOOGLE_CLOUD_PROJECT: variable(z.string().optional(), {
    meaning: 'Google Cloud project of Vertex AI and Firestore.',
    form: 'a project id',
  }),
  GOOGLE_CLOUD_LOCATION: variable(z.string().optional(), {
    meaning: 'Location of Vertex AI.',
    form: 'a location such as europe-west4',
  }),

  LORNU_SESSION_STORE: variable(z.enum(['sqlite', 'firestore']).optional(), {
    meaning: 'Where conversations are kept. Default: sqlite locally, firestore in staging.',
    form: 'sqlite or firestore',
  }),
  FIRESTORE_DATABASE: variable(z.string().optional(), {
    meaning: 'Firestore database of conversations; the one that Google calls (default) is refused.',
    form: 'a database id such as staging',
  }),
  FIRESTORE_EMULATOR_HOST: variable(
    z
      .string()
      .regex(/^(\[[\da-f:]+\]|[\w.-]+):\d{1,5}$/i)
      .optional(),
    {
      meaning: 'Where a stand-in for Firestore listens.',
      form: 'a host and a port such as 127.0.0.1:8085',
    },
  ),
  ARTIFACT_BUCKET: variable(z.string().optional(), {
    meaning: 'Cloud Storage bucket of artifacts; on disk in the data folder when left out.',
    form: 'a bucket name',
  }),
  STORAGE_EMULATOR_HOST: variable(httpUrl.optional(), {
    meaning: 'Where a stand-in for Cloud Storage listens.',
    form: 'an http:// or https:// URL',
  }),

  ADK_DEFAULT_APP_NAME: variable(z.string().optional(), {
    meaning: 'App of requests that name none.',
    form: 'a folder name under the agents folder',
  }),
  LORNU_AGENTS_DIR: variable(z.string().optional(), {
    meaning: 'Folder of agents that replaces the bundled ones.',
    form: 'a folder path',
  }),
  LORNU_DATA_DIR: variable(z.string().default('.data'), {
    meaning: 'Folder of the SQLite databases and of artifacts on disk.',
    form: 'a folder path',
  }),
  LORNU_PAGE_DIR: variable(z.string().optional(), {
    meaning: 'Folder of the built chat page. Default: page/ beside the program.',
    form: 'a folder path',
  }),

  ...IDENTITY_VARIABLES,

  LORNU_LOG_LEVEL: variable(z.enum(['debug', 'info', 'warn', 'error']).default('info'), {
    meaning: 'Least level that is logged.',
    form: 'debug, info, warn or error',
  }),
  LORNU_METRICS: variable(z.enum(['none', 'emf']).default('none'), {
    meaning: 'emf writes metrics as CloudWatch embedded-metric log lines.',
    form: 'none or emf',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(httpUrl.optional(), {
    meaning: 'Where traces are sent over OTLP/HTTP; none are kept when left out.',
    form: 'an http:// or https:// URL',
  }),

  LORNU_TRACE_URL: variable(httpUrl.optional(), {
    meaning:
      'Google Cloud Trace, where traces are sent over OTLP as our Google identity; none are kept when left out.',
    form: 'an http:// or https:// URL such as https://telemetry.googleapis.com',
  }),
  LORNU_TRACE_SHARE: variable(share, {
    meaning: 'Share of requests whose traces are sent to LORNU_TRACE_URL; all when left out.',
    form: 'a number from 0 to 1',
  }),

  LORNU_MAX_BODY_BYTES: variable(positiveInt(4 * 1024 * 1024), {
    meaning: 'Largest request body, in bytes.',
    form: 'a whole number above 0',
  }),
  LORNU_MAX_MESSAGE_BYTES: variable(positiveInt(20 * 1024 * 1024), {
    meaning: 'Largest body of a request that carries a message, in bytes; its files are base64.',
    form: 'a whole number above 0',
  }),
  LORNU_MAX_UPLOAD_BYTES: variable(positiveInt(32 * 1024 * 1024), {
    meaning: 'Largest artifact, in bytes; the body that saves it is base64.',
    form: 'a whole number above 0',
  }),
  LORNU_BODY_TIMEOUT_MS: variable(positiveInt(30_000), {
    meaning: 'Longest time in which a request body must have arrived, in milliseconds.',
    form: 'a whole number above 0',
  }),
  LORNU_PING_MS: variable(positiveInt(15_000), {
    meaning: 'Time between comment lines on a quiet stream, in milliseconds.',
    form: 'a whole number above 0',
  }),
  LORNU_LEASE_MS: variable(positiveInt(3_000), {
    meaning:
      'How long a heartbeat of a process holds its runs, in milliseconds; others then continue them. There is one heartbeat in a third of that.',
    form: 'a whole number above 0',
  }),
  LORNU_TURN_TOKENS: variable(positiveInt(1_000_000), {
    meaning: 'Model tokens that one turn may spend: a runaway is ended there.',
    form: 'a whole number above 0',
  }),
  LORNU_DAILY_BUDGET_USER_USD: variable(dollars, {
    meaning: "What one user's turns may cost in a day (UTC), over all apps; no bound when left out.",
    form: 'US dollars such as 2.50',
  }),
  LORNU_DAILY_BUDGET_APP_USD: variable(dollars, {
    meaning: 'What the turns of one app may cost in a day (UTC), over all users; no bound when left out.',
    form: 'US dollars such as 50',
  }),
  LORNU_DAILY_BUDGET_USD: variable(dollars, {
    meaning: 'What all turns together may cost in a day (UTC); no bound when left out.',
    form: 'US dollars such as 100',
  }),
  ECS_AGENT_URI: variable(httpUrl.optional(), {
    meaning: 'Set by ECS: where the task asks not to be stopped while runs are under way.',
    form: 'an http:// or https:// URL',
  }),
  LORNU_DRAIN_MS: variable(positiveInt(110_000), {
    meaning:
      'How long running turns may go on after SIGTERM, in milliseconds; below the stop timeout of 120 s.',
    form: 'a whole number above 0',
  }),
});

export type Variables = z.output<typeof VARIABLES>;
export type VariableName = keyof Variables;

/** The description registered for a variable; every variable has one. */
export function meaningOf(name: VariableName): VariableMeaning {
  const found = meanings.get(VARIABLES.shape[name]);
  if (!found) throw new Error(`${name} has no meaning registered`);
  return found;
}
