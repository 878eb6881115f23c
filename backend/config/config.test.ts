import { describe, expect, test } from 'bun:test';
import { ConfigError, parseConfig, type Environment } from './config.ts';
import { describeConfig } from './describe-config.ts';

const LOCAL = { GEMINI_API_KEY: 'a-key' };
const STAGING = {
  ...LOCAL,
  LORNU_ENVIRONMENT: 'staging',
  FIRESTORE_DATABASE: 'staging',
  GOOGLE_CLOUD_PROJECT: 'lornu',
  A2A_ALLOWED_EMAILS: 'peer@project.iam.gserviceaccount.com',
  A2A_TOKEN_AUDIENCE: 'https://lornu.example',
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('needs few variables locally, and listens on loopback only', () => {
    expect(parseConfig(LOCAL)).toMatchObject({
      environment: 'local',
      listen: { host: '127.0.0.1', port: 8080 },
      model: { kind: 'gemini-api', name: undefined, others: [], apiKey: 'a-key' },
      sessions: { kind: 'sqlite', file: '.data/sessions.sqlite' },
      artifacts: { kind: 'disk', dir: '.data/artifacts' },
      limits: { bodyBytes: 4_194_304, messageBytes: 20_971_520, uploadBytes: 33_554_432, pingMs: 15_000 },
    });
    expect(problemsOf({ ...LOCAL, LORNU_LISTEN_HOST: '0.0.0.0' })).toEqual([
      'LORNU_LISTEN_HOST must be a loopback address in the local environment; got "0.0.0.0".',
    ]);
  });

  test('an empty string counts as unset', () => {
    expect(parseConfig({ ...LOCAL, PORT: '', LORNU_REGION: '' })).toMatchObject({
      region: 'local',
      listen: { port: 8080 },
    });
  });

  test('all problems are reported together, each with name, form and value; secrets are hidden', () => {
    expect(problemsOf({ PORT: 'http', LORNU_METRICS: 'statsd', GOOGLE_GENAI_USE_VERTEXAI: 'true' })).toEqual([
      'PORT must be a port number from 0 to 65535; got "http".',
      'LORNU_METRICS must be none or emf; got "statsd".',
      'GOOGLE_CLOUD_PROJECT must be set when GOOGLE_GENAI_USE_VERTEXAI is true; it is not set.',
      'GOOGLE_CLOUD_LOCATION must be set when GOOGLE_GENAI_USE_VERTEXAI is true; it is not set.',
    ]);
    expect(problemsOf({ GEMINI_API_KEY: 'AIza secret\n' })[0]).toBe(
      'GEMINI_API_KEY must be an API key, without spaces or line ends; got (hidden).',
    );
    expect(problemsOf({}).join()).toStartWith('GEMINI_API_KEY must be set');
  });

  test('is deeply frozen', () => {
    const config = parseConfig(LOCAL);
    expect(() => Object.assign(config.limits, { bodyBytes: 1 })).toThrow(TypeError);
  });

  test('in staging listens on all addresses and stores conversations in its own Firestore database', () => {
    expect(parseConfig(STAGING)).toMatchObject({
      listen: { host: '0.0.0.0' },
      sessions: { kind: 'firestore', database: 'staging' },
    });
  });

  test.each([
    [{ FIRESTORE_DATABASE: undefined }, 'FIRESTORE_DATABASE must name a database'],
    [{ FIRESTORE_DATABASE: '(default)' }, 'FIRESTORE_DATABASE must name a database'],
    [{ GOOGLE_CLOUD_PROJECT: undefined }, 'GOOGLE_CLOUD_PROJECT must be the project'],
    [{ FIRESTORE_EMULATOR_HOST: '127.0.0.1:8085' }, 'FIRESTORE_EMULATOR_HOST must not be set in staging'],
    [
      { FIRESTORE_EMULATOR_HOST: '10.0.0.1:8085', LORNU_REHEARSAL: '1' },
      'FIRESTORE_EMULATOR_HOST must be on a loopback address',
    ],
    [{ GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9' }, 'GOOGLE_GEMINI_BASE_URL must not be set in staging'],
    [{ STORAGE_EMULATOR_HOST: 'http://127.0.0.1:9' }, 'STORAGE_EMULATOR_HOST must not be set in staging'],
    [{ LORNU_PUBLIC_URL: 'http://lornu.example' }, 'LORNU_PUBLIC_URL must be an https:// URL'],
    [
      { LORNU_REHEARSAL: '1', GOOGLE_GEMINI_BASE_URL: 'http://model.example' },
      'GOOGLE_GEMINI_BASE_URL must be on a loopback address',
    ],
  ])('staging refuses %j', (change, problem) => {
    const problems = problemsOf({ ...STAGING, ...change });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith(problem);
  });

  test.each([
    [{ LORNU_SHADOW_URL: 'https://candidate.example' }, 'LORNU_SHADOW_SHARE must say which share'],
    [{ LORNU_SHADOW_SHARE: '0.1' }, 'LORNU_SHADOW_URL must name the candidate'],
    [
      { LORNU_SHADOW_URL: 'http://candidate.example', LORNU_SHADOW_SHARE: '0.1' },
      'LORNU_SHADOW_URL must be https://',
    ],
    [
      {
        LORNU_SHADOW_URL: 'https://candidate.example',
        LORNU_SHADOW_SHARE: '0.1',
        LORNU_SHADOW_CANDIDATE: '1',
      },
      'LORNU_SHADOW_URL must not be set for a candidate',
    ],
    [
      { LORNU_SHADOW_URL: 'https://candidate.example', LORNU_SHADOW_SHARE: '1.5' },
      'LORNU_SHADOW_SHARE must be a number from 0 to 1',
    ],
  ])('a shadow %j is refused', (change, problem) => {
    expect(problemsOf({ ...LOCAL, ...change }).join('\n')).toStartWith(problem);
  });

  test.each([
    [
      { LORNU_TRACE_URL: 'http://trace.example', GOOGLE_CLOUD_PROJECT: 'p' },
      'LORNU_TRACE_URL must be https://',
    ],
    [
      { LORNU_TRACE_URL: 'https://telemetry.googleapis.com' },
      'GOOGLE_CLOUD_PROJECT must be the project whose',
    ],
    [
      { LORNU_TRACE_URL: 'http://127.0.0.1:1', GOOGLE_CLOUD_PROJECT: 'p', LORNU_TRACE_SHARE: '2' },
      'LORNU_TRACE_SHARE must be a number from 0 to 1',
    ],
  ])('traces of %j are refused', (change, problem) => {
    expect(problemsOf({ ...LOCAL, ...change }).join('\n')).toContain(problem);
  });

  test('there are no traces by default; with an address, all requests are traced or a share', () => {
    const given = { ...LOCAL, LORNU_TRACE_URL: 'http://127.0.0.1:1/', GOOGLE_CLOUD_PROJECT: 'p' };
    expect(parseConfig(LOCAL).cloudTrace).toBeUndefined();
    expect(parseConfig(given).cloudTrace).toEqual({ url: 'http://127.0.0.1:1', share: 1, project: 'p' });
    expect(parseConfig({ ...given, LORNU_TRACE_SHARE: '0.1' }).cloudTrace?.share).toBe(0.1);
  });

  test('there is no shadow by default, nor with a share of 0; with one, its address is known', () => {
    const url = 'https://candidate.example/';
    expect(parseConfig(LOCAL)).toMatchObject({ shadow: undefined, shadowCandidate: false });
    expect(parseConfig({ ...LOCAL, LORNU_SHADOW_URL: url, LORNU_SHADOW_SHARE: '0' }).shadow).toBeUndefined();
    expect(parseConfig({ ...LOCAL, LORNU_SHADOW_URL: url, LORNU_SHADOW_SHARE: '0.1' }).shadow).toEqual({
      url: 'https://candidate.example',
      share: 0.1,
      audience: 'https://candidate.example',
    });
  });

  test('a rehearsal accepts stand-ins on loopback addresses; the local environment cannot be a rehearsal', () => {
    const rehearsal = { ...STAGING, LORNU_REHEARSAL: '1', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.9:1' };
    expect(parseConfig(rehearsal)).toMatchObject({ rehearsal: true, model: { kind: 'stand-in' } });
    expect(problemsOf({ ...LOCAL, LORNU_REHEARSAL: '1' })[0]).toStartWith('LORNU_REHEARSAL must be 0');
  });

  test('the description names every variable once and shows no secret', () => {
    const rows = describeConfig();
    expect(rows.find((row) => row.name === 'GEMINI_API_KEY')).toMatchObject({ secret: true });
    expect(rows.find((row) => row.name === 'PORT')).toMatchObject({ default: '8080', secret: false });
    expect(rows.every((row) => row.meaning.endsWith('.') && row.form.length > 0)).toBe(true);
    // Several flags share a schema, but none may show the sentence of another.
    expect(new Set(rows.map(({ meaning }) => meaning)).size).toBe(rows.length);
  });
});
