import { identityRulesBroken } from './identity-rules.ts';
import { isLoopback } from './loopback.ts';
import type { VariableName, Variables } from './variables.ts';

/**
 * Checks variables against each other. Every message begins with the variable to change. Staging refuses values that
 * are unsafe or only for trials; a rehearsal accepts stand-ins on loopback addresses only.
 */
export function rulesBroken(v: Variables): string[] {
  return [
    ...modelRules(v),
    ...shadowRules(v),
    ...traceRules(v),
    ...identityRulesBroken(v),
    ...(v.LORNU_ENVIRONMENT === 'staging' ? stagingRules(v) : localRules(v)),
  ];
}

function modelRules(v: Variables): string[] {
  if (v.GOOGLE_GEMINI_BASE_URL) return [];
  if (v.GOOGLE_GENAI_USE_VERTEXAI) {
    const needed: VariableName[] = ['GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION'];
    return needed
      .filter((name) => !v[name])
      .map((name) => `${name} must be set when GOOGLE_GENAI_USE_VERTEXAI is true; it is not set.`);
  }
  if (v.GEMINI_API_KEY) return [];
  return [
    'GEMINI_API_KEY must be set, or GOOGLE_GENAI_USE_VERTEXAI with a project and a location, or GOOGLE_GEMINI_BASE_URL for a stand-in; none of them is.',
  ];
}

/** Conversations and tokens are only sent encrypted, or to this machine. */
function privacyRules(name: VariableName, url: string, sent: string): string[] {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return [];
  return [`${name} must be https://, or of this machine: ${sent}; got ${JSON.stringify(url)}.`];
}

function shadowRules(v: Variables): string[] {
  const { LORNU_SHADOW_URL: url, LORNU_SHADOW_SHARE: share } = v;
  if (url === undefined)
    return share === undefined
      ? []
      : ['LORNU_SHADOW_URL must name the candidate of LORNU_SHADOW_SHARE; it is not set.'];
  const problems = privacyRules('LORNU_SHADOW_URL', url, 'conversations are sent to it');
  if (share === undefined)
    problems.push('LORNU_SHADOW_SHARE must say which share of turns LORNU_SHADOW_URL gets; it is not set.');
  if (v.LORNU_SHADOW_CANDIDATE === '1')
    problems.push('LORNU_SHADOW_URL must not be set for a candidate: it would send messages on.');
  return problems;
}

function traceRules({ LORNU_TRACE_URL: url, GOOGLE_CLOUD_PROJECT: project }: Variables): string[] {
  if (url === undefined) return [];
  const problems = privacyRules('LORNU_TRACE_URL', url, 'an access token is sent to it');
  if (!project)
    problems.push(
      'GOOGLE_CLOUD_PROJECT must be the project whose Cloud Trace LORNU_TRACE_URL is; it is not set.',
    );
  return problems;
}

function localRules(v: Variables): string[] {
  const problems: string[] = [];
  if (v.LORNU_LISTEN_HOST && !isLoopback(v.LORNU_LISTEN_HOST)) {
    problems.push(
      `LORNU_LISTEN_HOST must be a loopback address in the local environment; got ${JSON.stringify(v.LORNU_LISTEN_HOST)}.`,
    );
  }
  if (v.LORNU_REHEARSAL === '1') {
    problems.push('LORNU_REHEARSAL must be 0 in the local environment: it is a mode of staging; got "1".');
  }
  if (v.LORNU_SESSION_STORE === 'firestore') problems.push(...firestoreRules(v));
  return problems;
}

function stagingRules(v: Variables): string[] {
  const devRoutes =
    v.LORNU_DEV_ROUTES === '1'
      ? ['LORNU_DEV_ROUTES must be 0 in staging: what it serves writes files for every caller; got "1".']
      : [];
  return [...devRoutes, ...firestoreRules(v), ...standInRules(v), ...publicUrlRules(v)];
}

function firestoreRules(v: Variables): string[] {
  return [...databaseRules(v), ...projectRules(v), ...emulatorRules(v)];
}

function projectRules(v: Variables): string[] {
  if (v.GOOGLE_CLOUD_PROJECT || v.LORNU_SESSION_STORE === 'sqlite') return [];
  return ['GOOGLE_CLOUD_PROJECT must be the project of the Firestore database; it is not set.'];
}

function emulatorRules(v: Variables): string[] {
  const host = v.FIRESTORE_EMULATOR_HOST;
  if (host === undefined) return [];
  const given = JSON.stringify(host);
  if (v.LORNU_ENVIRONMENT === 'staging' && v.LORNU_REHEARSAL !== '1')
    return [`FIRESTORE_EMULATOR_HOST must not be set in staging: stand-ins are refused; got ${given}.`];
  return isLoopback(host.replace(/:\d+$/, ''))
    ? []
    : [`FIRESTORE_EMULATOR_HOST must be on a loopback address; got ${given}.`];
}

function databaseRules(v: Variables): string[] {
  if (!v.FIRESTORE_DATABASE) {
    return ['FIRESTORE_DATABASE must name a database of its own, such as staging; it is not set.'];
  }
  if (v.FIRESTORE_DATABASE === '(default)') {
    return ['FIRESTORE_DATABASE must name a database of its own, such as staging; got "(default)".'];
  }
  return [];
}

function standInRules(v: Variables): string[] {
  const standIns: VariableName[] = ['GOOGLE_GEMINI_BASE_URL', 'STORAGE_EMULATOR_HOST', 'LORNU_REPLAY_URL'];
  return standIns.flatMap((name) => {
    const url = v[name];
    if (typeof url !== 'string') return [];
    if (v.LORNU_REHEARSAL !== '1') {
      return [`${name} must not be set in staging: stand-ins are refused; got ${JSON.stringify(url)}.`];
    }
    return isLoopback(new URL(url).hostname)
      ? []
      : [`${name} must be on a loopback address in a rehearsal; got ${JSON.stringify(url)}.`];
  });
}

function publicUrlRules(v: Variables): string[] {
  if (!v.LORNU_PUBLIC_URL?.startsWith('http:') || v.LORNU_REHEARSAL === '1') return [];
  return [`LORNU_PUBLIC_URL must be an https:// URL in staging; got ${JSON.stringify(v.LORNU_PUBLIC_URL)}.`];
}
