import { createParser } from 'eventsource-parser';
import type { Content } from './eval-set.ts';

/** A server of ADK's API: ours, `adk api_server`, or a deployment. */
export interface AgentServer {
  /** Without a trailing slash. */
  url: string;
  /** Sent with every request, such as an authorization. */
  headers?: Readonly<Record<string, string>>;
  /** Instead of the global one. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  signal?: AbortSignal;
  /** Its process, if that runs on this machine. */
  pid?: number | undefined;
}

/** An event on the wire; fields that are not read here are kept. */
export interface WireEvent {
  id?: string;
  author?: string;
  content?: Content;
  partial?: boolean;
  actions?: { skipSummarization?: boolean; stateDelta?: Record<string, unknown>; [other: string]: unknown };
  longRunningToolIds?: string[];
  usageMetadata?: Record<string, unknown>;
  groundingMetadata?: unknown;
  modelVersion?: string;
  invocationId?: string;
  timestamp?: number;
  errorCode?: string;
  errorMessage?: string;
  [other: string]: unknown;
}

export interface Session {
  id: string;
  appName: string;
  userId: string;
  state: Record<string, unknown>;
  events: WireEvent[];
  lastUpdateTime?: number;
}

/** Identifies a session. */
export interface SessionKey {
  appName: string;
  userId: string;
  sessionId: string;
}

/** One turn, as seen from outside. */
export interface Turn {
  /** Complete events only. */
  events: WireEvent[];
  /** Seconds until the first event with text, and until the end. */
  firstSeconds: number | undefined;
  seconds: number;
}

/** An unexpected response of a server. The message contains nothing that a person wrote. */
export class ServerError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Longer than the longest run of our own service. */
const LONGEST_TURN_MS = 20 * 60_000;
const ANSWER_MS = 30_000;

export async function listApps(server: AgentServer): Promise<string[]> {
  return (await ask(server, '/list-apps')) as string[];
}

export async function createSession(
  server: AgentServer,
  key: SessionKey,
  state: Record<string, unknown>,
): Promise<Session> {
  return (await ask(server, sessionsPath(key), 'POST', { sessionId: key.sessionId, state })) as Session;
}

/** Undefined if there is no such session. */
export async function readSession(server: AgentServer, key: SessionKey): Promise<Session | undefined> {
  try {
    return (await ask(server, sessionPath(key))) as Session;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return undefined;
    throw error;
  }
}

/** Sessions of a user, without their events. */
export async function listSessions(
  server: AgentServer,
  key: Omit<SessionKey, 'sessionId'>,
): Promise<Session[]> {
  return (await ask(server, sessionsPath(key))) as Session[];
}

export async function deleteSession(server: AgentServer, key: SessionKey): Promise<void> {
  await ask(server, sessionPath(key), 'DELETE');
}

/** Sends a message and reads the whole response; throws ServerError if the turn failed. */
export async function runTurn(
  server: AgentServer,
  key: SessionKey,
  newMessage: Content,
  { streaming = false } = {},
): Promise<Turn> {
  const beganAt = performance.now();
  const since = () => Math.round(performance.now() - beganAt) / 1_000;
  const body = { ...key, newMessage, streaming };
  const response = await send(server, '/run_sse', 'POST', body, LONGEST_TURN_MS);
  const events: WireEvent[] = [];
  let firstSeconds: number | undefined;
  let failure: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = JSON.parse(data) as WireEvent & { error?: string };
      if (event.error !== undefined) failure ??= event.error;
      else {
        if (event.content?.parts?.some(({ text }) => text)) firstSeconds ??= since();
        if (!event.partial) events.push(event);
      }
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
  const failed = events.find(({ errorCode, content }) => errorCode && !content);
  failure ??= failed && `${failed.errorCode}: ${failed.errorMessage ?? ''}`;
  if (failure !== undefined) throw new ServerError(`The turn failed: ${failure}`, 200);
  return { events: joinFrames(events), firstSeconds, seconds: since() };
}

/** Joins the two frames, with the same id, of an event with content and artifacts: the second one has no content. */
function joinFrames(events: readonly WireEvent[]): WireEvent[] {
  return events.filter(
    (event, index) =>
      event.content || events.findIndex(({ id }) => id !== undefined && id === event.id) === index,
  );
}

const word = encodeURIComponent;
const sessionsPath = ({ appName, userId }: Omit<SessionKey, 'sessionId'>): string =>
  `/apps/${word(appName)}/users/${word(userId)}/sessions`;
const sessionPath = (key: SessionKey): string => `${sessionsPath(key)}/${word(key.sessionId)}`;

async function ask(server: AgentServer, path: string, method = 'GET', body?: unknown): Promise<unknown> {
  return (await send(server, path, method, body, ANSWER_MS)).json();
}

async function send(
  server: AgentServer,
  path: string,
  method: string,
  body: unknown,
  withinMs: number,
): Promise<Response> {
  const fetchFrom = server.fetch ?? fetch;
  const response = await fetchFrom(`${server.url}${path}`, {
    method,
    headers: { ...server.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.any([...(server.signal ? [server.signal] : []), AbortSignal.timeout(withinMs)]),
  });
  if (response.ok) return response;
  const text = (await response.text()).slice(0, 200);
  throw new ServerError(
    `${method} ${path.split('/users/')[0]} was answered ${response.status}: ${text}`,
    response.status,
  );
}
