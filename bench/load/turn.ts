import type { z } from 'zod';
import type { JOB } from './job.ts';

export type ParsedJob = z.infer<typeof JOB>;

export interface TurnTimes {
  firstTokenMs: number;
  wholeMs: number;
}

const USER = 'bench';
/** Characters of the last event of an A2A stream, at most. */
const LONGEST_STATUS = 1_000;
const headersOf = ({ token }: Pick<ParsedJob, 'token'>) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
});

/** A new session, with these events if any. Returns its id. */
export async function createSession(
  job: Pick<ParsedJob, 'url' | 'token' | 'app'> & { protocol?: ParsedJob['protocol'] },
  events: readonly object[] = [],
): Promise<string> {
  // In A2A the first message creates the context.
  if (job.protocol === 'a2a') return crypto.randomUUID();
  const answer = await fetch(`${job.url}/apps/${job.app}/users/${USER}/sessions`, {
    method: 'POST',
    headers: headersOf(job),
    body: JSON.stringify({ events }),
  });
  const session: unknown = await answer.json();
  if (typeof session === 'object' && session && 'id' in session && typeof session.id === 'string')
    return session.id;
  throw new Error(`No session was created: ${answer.status} ${JSON.stringify(session).slice(0, 300)}`);
}

/** One streamed turn, read to its end. Throws if it is not complete: a fast error must not count as a fast turn. */
export async function turn(job: ParsedJob, sessionId: string): Promise<TurnTimes> {
  const beganAt = performance.now();
  const answer = await (job.protocol === 'a2a' ? askOverA2a(job, sessionId) : askOverRest(job, sessionId));
  if (answer.status !== 200 || !answer.body)
    throw new Error(`${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  const decoder = new TextDecoder();
  let firstTokenMs = 0;
  let frames = 0;
  let text = '';
  let end = '';
  for await (const chunk of answer.body) {
    text = decoder.decode(chunk, { stream: true });
    for (let at = text.indexOf('data: '); at !== -1; at = text.indexOf('data: ', at + 6)) frames += 1;
    if (frames > 0) firstTokenMs ||= performance.now() - beganAt;
    end = (end + text).slice(-LONGEST_STATUS);
  }
  // A2A joins the chunks that it sends at the same time, and its end has the whole answer.
  const isWhole = job.protocol === 'a2a' ? end.includes('TASK_STATE_COMPLETED') : frames >= job.frames;
  if (!isWhole) throw new Error(`${frames} frames of ${job.frames}: ${text.slice(-300)}`);
  return { firstTokenMs, wholeMs: performance.now() - beganAt };
}

/** The body for /run_sse. */
export function turnBody(job: ParsedJob, sessionId: string): string {
  const newMessage = { role: 'user', parts: [{ text: job.text }] };
  return JSON.stringify({ appName: job.app, userId: USER, sessionId, newMessage, streaming: true });
}

function askOverRest(job: ParsedJob, sessionId: string): Promise<Response> {
  return fetch(`${job.url}/run_sse`, {
    method: 'POST',
    headers: headersOf(job),
    body: turnBody(job, sessionId),
  });
}

function askOverA2a(job: ParsedJob, contextId: string): Promise<Response> {
  const message = {
    messageId: crypto.randomUUID(),
    role: 'ROLE_USER',
    parts: [{ text: job.text }],
    contextId,
  };
  return fetch(`${job.url}/a2a/${job.app}`, {
    method: 'POST',
    headers: { ...headersOf(job), 'a2a-version': '1.0' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: { message } }),
  });
}
