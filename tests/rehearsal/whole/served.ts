import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { readFile } from 'node:fs/promises';
import { until } from '../../support/until.ts';

/** Asks what is served through the listener on 443, as somebody does who resolves its name to this machine. */
export async function ask(served: ServedRehearsal, path: string, init: RequestInit = {}): Promise<Response> {
  const host = new URL(served.publicUrl).host;
  const headers = new Headers(init.headers);
  headers.set('host', host);
  return fetch(`${served.url}${path}`, {
    ...init,
    headers,
    redirect: 'manual',
    tls: { ca: await readFile(served.caFile, 'utf8'), serverName: host },
  });
}

/** One turn of a new conversation, as the service account that may act for any user; the text of the stream. */
export async function oneTurn(
  served: ServedRehearsal,
  text: string,
): Promise<{ status: number; stream: string; sessionPath: string }> {
  const headers = { authorization: `Bearer ${await served.token()}`, 'content-type': 'application/json' };
  const sessions = '/apps/lornu/users/ann/sessions';
  const made = (await (await ask(served, sessions, { method: 'POST', headers, body: '{}' })).json()) as {
    id: string;
  };
  const run = await ask(served, '/run_sse', {
    method: 'POST',
    headers,
    body: JSON.stringify({
      appName: 'lornu',
      userId: 'ann',
      sessionId: made.id,
      newMessage: { role: 'user', parts: [{ text }] },
      streaming: true,
    }),
  });
  return { status: run.status, stream: await run.text(), sessionPath: `${sessions}/${made.id}` };
}

/** The environment of a process of this machine. */
export async function environmentOf(pid: number): Promise<Record<string, string>> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8');
  return Object.fromEntries(
    text
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** The body of what is answered inside a process's own network. */
export async function askInside(pid: number, url: string): Promise<string> {
  const program = `process.stdout.write(await (await fetch(${JSON.stringify(url)})).text())`;
  const child = Bun.spawn(['nsenter', `--target=${pid}`, '--net', process.execPath, '-e', program], {
    stdout: 'pipe',
  });
  return new Response(child.stdout).text();
}

/**
 * Waits until Cloud Trace has a turn's trace with these spans, and returns the load balancer's id of its request. Spans
 * come in batches, and a batch that is refused or late is lost: only one of the traces has to be whole.
 */
export async function receivedTurn(
  { google }: ServedRehearsal,
  names: readonly string[],
): Promise<{ balancerId: unknown }> {
  const { spans } = google.cloudTrace;
  const wholeTurn = () => {
    const traces = Map.groupBy(spans, ({ traceId }) => traceId);
    return [...traces.values()].find((trace) =>
      names.every((name) => trace.some((span) => span.name === name)),
    );
  };
  const trace = await until(wholeTurn, { what: `A trace with ${names.join(', ')}` });
  const run = trace.find(({ name }) => name === 'run');
  const request = trace.find(({ spanId }) => spanId === run?.parentSpanId);
  const ids = request?.attributes['http.request.header.x-amzn-trace-id'];
  return { balancerId: Array.isArray(ids) ? ids[0] : undefined };
}
