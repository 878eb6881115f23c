import { readJsonWithin } from '@lornu/backend/identity/read-json-within.ts';
import { CliError, EXIT } from './cli-error.ts';

const ANSWER_MS = 30_000;
/** Far more than any expected response; a longer one is not read completely. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A JSON API that a command calls. */
export interface JsonApi {
  /** Its name for messages, such as GitHub. */
  name: string;
  /** Base address, without a trailing slash. */
  address: string;
  headers: Readonly<Record<string, string>>;
  /** What the command cannot do without a response; a sentence. */
  what: string;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  /** Undefined if the response is not JSON. */
  body: unknown;
}

/** Calls the API once. Returns every status; throws CliError only if no response comes within 30 seconds. */
export async function askJson(api: JsonApi, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${api.address}${path}`, {
    method,
    headers: {
      ...api.headers,
      ...(body === undefined || 'content-type' in api.headers ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.any([api.signal, AbortSignal.timeout(ANSWER_MS)]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    api.signal.throwIfAborted();
    throw new CliError({
      what: api.what,
      why: `${api.name} cannot be reached from here.`,
      next: `Check the network and the status page of ${api.name}, then run the same command again.`,
      exitCode: EXIT.machine,
      cause,
    });
  });
  return { status: response.status, body: await readJsonWithin(response, MOST_BYTES).catch(() => undefined) };
}
