import { createParser } from 'eventsource-parser';

/**
 * A client that never loses a turn: it starts the turn, and if the connection breaks, it attaches again after the last
 * frame that it has received. See docs/runs.md for the calls.
 */

export interface Conversation {
  /** Address of the service, or of the load balancer in front of it. */
  baseUrl: string;
  appName: string;
  userId: string;
  sessionId: string;
}

export interface ReceivedFrame {
  runId: string;
  /** The SSE id, opaque: sent back to attach again. */
  id: string;
  /** The event, or the error frame. */
  data: Record<string, unknown>;
}

export interface TurnOptions {
  signal?: AbortSignal;
  /** Called each time the connection was lost or refused. */
  onTrouble?: (why: string) => void;
  /** How long to keep retrying. */
  patienceMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const PATIENCE_MS = 120_000;

/** Sends a message and yields every frame of the turn exactly once, in order, however often the connection breaks. */
export async function* sendMessage(
  conversation: Conversation,
  text: string,
  options: TurnOptions = {},
): AsyncGenerator<ReceivedFrame> {
  const { signal, onTrouble, patienceMs = PATIENCE_MS } = options;
  const giveUpAt = performance.now() + patienceMs;
  let runsBefore: Set<string> | undefined;
  let last: ReceivedFrame | undefined;
  let runId: string | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      // If our request broke before a response, the turn may have begun all the same.
      if (!runId) {
        const ids = (await listRuns(conversation)).map(({ id }) => id);
        runsBefore ??= new Set(ids);
        runId = ids.find((id) => !runsBefore?.has(id));
      }
      const response = await (runId
        ? attach(conversation, runId, last, signal)
        : begin(conversation, text, signal));
      const stream = readStream(response, runId);
      for (;;) {
        const { value, done } = await stream.next();
        if (done) {
          if (value === 'ended') return;
          break;
        }
        runId = value.runId;
        last = value;
        pauseMs = FIRST_PAUSE_MS;
        yield value;
      }
      onTrouble?.('the stream ended before the run');
    } catch (error) {
      if (signal?.aborted) throw error;
      if (performance.now() > giveUpAt) throw error;
      onTrouble?.(String(error));
    }
    await Bun.sleep(pauseMs * (0.5 + Math.random()));
  }
}

/** Cancels a run, or the running one of the session. */
export async function cancelRun(conversation: Conversation, runId = 'running'): Promise<{ state: string }> {
  const response = await fetch(`${runsUrl(conversation)}/${runId}/cancel`, { method: 'POST' });
  if (!response.ok) throw new Error(`cancel: ${response.status} ${await response.text()}`);
  return (await response.json()) as { state: string };
}

/** The session's stored runs, newest first; empty if the session or the service is not there. */
export async function listRuns(conversation: Conversation): Promise<{ id: string; state: string }[]> {
  const response = await fetch(runsUrl(conversation));
  if (!response.ok) throw new Error(`list: ${response.status}`);
  return (await response.json()) as { id: string; state: string }[];
}

/** Attaches to a run, after the frame `last`. */
export async function attach(
  conversation: Conversation,
  runId: string,
  last?: Pick<ReceivedFrame, 'id'>,
  signal?: AbortSignal,
): Promise<Response> {
  const response = await fetch(`${runsUrl(conversation)}/${runId}/frames`, {
    headers: last ? { 'last-event-id': last.id } : {},
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw new Error(`attach: ${response.status} ${await response.text()}`);
  return response;
}

async function begin(conversation: Conversation, text: string, signal?: AbortSignal): Promise<Response> {
  const { baseUrl, appName, userId, sessionId } = conversation;
  const newMessage = { role: 'user', parts: [{ text }] };
  const response = await fetch(`${baseUrl}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appName, userId, sessionId, streaming: true, newMessage }),
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw new Error(`begin: ${response.status} ${await response.text()}`);
  return response;
}

/**
 * Yields the frames of a response; returns 'ended' if the service said that the run has ended, otherwise the stream was
 * cut.
 */
export async function* readStream(
  response: Response,
  knownRunId?: string,
): AsyncGenerator<ReceivedFrame, 'ended' | 'cut'> {
  const runId = response.headers.get('lornu-run-id') ?? knownRunId ?? '';
  const frames: ReceivedFrame[] = [];
  let hasEnded = false;
  const parser = createParser({
    onComment: (text) => {
      hasEnded ||= text.trim().startsWith('run ');
    },
    onEvent: ({ id = '', data }) => {
      frames.push({ runId, id, data: JSON.parse(data) as ReceivedFrame['data'] });
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* frames.splice(0);
    if (hasEnded) return 'ended';
  }
  return 'cut';
}

function runsUrl({ baseUrl, appName, userId, sessionId }: Conversation): string {
  const path = [appName, 'users', userId, 'sessions', sessionId].map(encodeURIComponent).join('/');
  return `${baseUrl}/api/v1/apps/${path}/runs`;
}
