import type { ShownMaintenance, ShownRun } from '@lornu/backend/http/routes/operator.ts';
import type { ShownShadow } from '@lornu/backend/http/routes/shadow.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { duration } from './render-runs.ts';

/** The address of the operator's API, and the credentials of the caller. */
export interface OperatorTarget {
  /** The URL without a trailing slash. */
  url: string;
  /** An ID token of an operator; undefined on this machine, where sign-in is off. */
  token: string | undefined;
  /** PEM of the certificate authority of the URL, if the system does not know it. */
  authority?: string;
  fetch: typeof fetch;
  signal: AbortSignal;
}

/** Selects runs of an agent, of a user, of both, or all runs if neither is given. */
export interface RunChoice {
  appName?: string;
  userId?: string;
}

const ANSWER_WITHIN_MS = 30_000;
/** How long to wait for stopped runs. Their processes poll once a second, and a tool may need half a second to stop. */
const END_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;

/** Runs of all sessions that have not ended, all pages. */
export async function listRuns(target: OperatorTarget, choice: RunChoice): Promise<ShownRun[]> {
  const runs: ShownRun[] = [];
  const query = new URLSearchParams({ ...choice });
  for (;;) {
    const response = await ask(target, `runs?${query.toString()}`);
    runs.push(...(await answerOf<ShownRun[]>(target, response, Array.isArray)));
    const next = response.headers.get('x-next-cursor');
    if (next === null) return runs;
    query.set('cursor', next);
  }
}

/**
 * Stops runs and waits until they have ended. `left`: the runs that had not ended after the wait. `sentence`: the text
 * for people; without it, they read the service's default sentence.
 */
export async function stopRuns(
  target: OperatorTarget,
  choice: { runId: string } | { all: true } | RunChoice,
  sentence?: string,
): Promise<{ stopped: string[]; left: string[] }> {
  const response = await ask(target, 'runs/stop', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...choice, ...(sentence === undefined ? {} : { sentence }) }),
  });
  const { stopped } = await answerOf<{ stopped: string[] }>(target, response, has('stopped'));
  const giveUpAt = performance.now() + END_WITHIN_MS;
  for (;;) {
    if (stopped.length === 0) return { stopped, left: [] };
    const running = new Set((await listRuns(target, {})).map(({ id }) => id));
    const left = stopped.filter((id) => running.has(id));
    if (left.length === 0 || performance.now() > giveUpAt) return { stopped, left };
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

export async function readMaintenance(target: OperatorTarget): Promise<ShownMaintenance> {
  return answerOf(target, await ask(target, 'maintenance'), has('refusesNewTurns'));
}

/** The service uses its defaults for absent values. */
export async function refuseTurns(
  target: OperatorTarget,
  notice: { sentence?: string; retryAfterSeconds?: number },
): Promise<ShownMaintenance> {
  const response = await ask(target, 'maintenance', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(notice),
  });
  return answerOf(target, response, has('refusesNewTurns'));
}

export async function allowTurns(target: OperatorTarget): Promise<ShownMaintenance> {
  return answerOf(target, await ask(target, 'maintenance', { method: 'DELETE' }), has('refusesNewTurns'));
}

/** One process's statistics of its shadow candidate. Throws a CliError if it has no candidate. */
export async function readShadow(target: OperatorTarget): Promise<ShownShadow> {
  const next = 'It has no shadow candidate: docs/operations.md, "Try a candidate beside people".';
  return answerOf(target, await ask(target, 'shadow', {}, { 404: next }), has('counts'));
}

const has =
  (field: string) =>
  (value: unknown): boolean =>
    typeof value === 'object' && value !== null && field in value;

/** The JSON of a response. Anything may answer at an address that was typed in, such as another program's page. */
async function answerOf<T>(
  { url }: OperatorTarget,
  response: Response,
  hasForm: (value: unknown) => boolean,
): Promise<T> {
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    if (hasForm(answer)) return answer as T;
  } catch {
    // Refused below.
  }
  throw new CliError({
    what: `What answers at ${url} is not the service.`,
    why: `It answered with ${JSON.stringify(text.slice(0, 100))}.`,
    next: 'Name the address of the service with --url.',
  });
}

async function ask(
  target: OperatorTarget,
  path: string,
  init: RequestInit = {},
  nextByStatus: Readonly<Record<number, string>> = {},
): Promise<Response> {
  const { url, token, authority, signal } = target;
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  try {
    response = await target.fetch(`${url}/api/v1/operator/${path}`, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      ...(authority === undefined ? {} : { tls: { ca: authority } }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError({
      what: `${url} does not answer.`,
      why: error instanceof Error ? error.message : String(error),
      next: 'Start the service (./lornu up), or name another address with --url.',
      exitCode: EXIT.machine,
      cause: error,
    });
  }
  if (response.ok) return response;
  throw await refusal(url, response, { ...NEXT_BY_STATUS, ...nextByStatus });
}

const NEXT_BY_STATUS: Readonly<Record<number, string>> = {
  401: "Give an operator's token: --token-file, or LORNU_OPERATOR_TOKEN (./lornu runs --help).",
  403: 'Use a token of a service account in operator_emails of terraform/aws/staging.',
  404: 'List the runs: ./lornu runs',
  503: 'Try again: the store of the service does not answer (/ready says what is wrong).',
};

async function refusal(
  url: string,
  response: Response,
  nextByStatus: Readonly<Record<number, string>>,
): Promise<CliError> {
  const text = await response.text().catch(() => '');
  const { status } = response;
  return new CliError({
    what: `${url} refused the request (${status}).`,
    why: detailOf(text) ?? 'The response gives no reason.',
    next: nextOf(response) ?? nextByStatus[status] ?? 'Correct the request as the reason says.',
    exitCode: EXIT.failed,
  });
}

function nextOf({ status, headers }: Response): string | undefined {
  const seconds = Number(headers.get('retry-after'));
  return status === 429 && seconds > 0 ? `Try again in ${duration(seconds)}.` : undefined;
}

function detailOf(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text) as { detail?: string | { msg?: string }[] };
    return typeof detail === 'string' ? detail : detail?.[0]?.msg;
  } catch {
    // For example an error page of a load balancer.
    return undefined;
  }
}
