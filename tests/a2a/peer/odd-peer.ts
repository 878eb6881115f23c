import { createJsonLogger } from '../../../backend/observability/json-logger.ts';
import { CircuitBreaker } from '../../../backend/peer/circuit-breaker.ts';
import { HOPS_KEY } from '../../../backend/peer/hops.ts';
import { PeerClient, type PeerClientOptions } from '../../../backend/peer/peer-client.ts';
import { PeerError } from '../../../backend/peer/peer-error.ts';
import { serveHere } from '../../support/serve-here.ts';

/** A peer on loopback that a test controls: no real agent behaves like that. */
export interface OddPeer {
  url: string;
  /** Requests, oldest first. */
  asked: { path: string; method: string; headers: Headers; body: Rpc | undefined }[];
  stop: () => Promise<void>;
}

export interface Rpc {
  id: number;
  method: string;
  params: { id?: string; message?: Record<string, unknown> } & Record<string, unknown>;
}

export interface OddPeerParts {
  /** Makes the card from the peer's address. */
  card?: (url: string, request: Request) => unknown;
  answer?: (call: Rpc, url: string) => Response | Promise<Response>;
}

/** A card of 1.0 with this address. */
export const cardAt = (url: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'odd',
  description: 'An odd peer.',
  version: '1',
  supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
  ...changes,
});

export function startOddPeer({ card = (url) => cardAt(url), answer }: OddPeerParts): OddPeer {
  const asked: OddPeer['asked'] = [];
  const server: Bun.Server<unknown> = serveHere(
    async (request): Promise<Response> => {
      const { pathname: path } = new URL(request.url);
      const body = request.method === 'POST' ? ((await request.json()) as Rpc) : undefined;
      asked.push({ path, method: body?.method ?? request.method, headers: request.headers, body });
      if (path.endsWith('/.well-known/agent-card.json')) {
        const made = card(url, request);
        return made instanceof Response ? made : Response.json(made);
      }
      if (body?.method === 'CancelTask') return Response.json({ jsonrpc: '2.0', id: body.id, result: {} });
      return (body && (await answer?.(body, url))) ?? new Response('nothing here', { status: 404 });
    },
    { idleTimeout: 60 },
  );
  const url: string = `${server.url.origin}/a2a/odd`;
  return { url, asked, stop: async () => server.stop(true) };
}

/** The events of a stream of 1.0, with a pause of `everyMs` between them. */
export function streamOf({ id }: Rpc, results: Iterable<unknown>, everyMs = 0): Response {
  async function* frames(): AsyncGenerator<string> {
    for (const result of results) {
      yield `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`;
      if (everyMs > 0) await Bun.sleep(everyMs);
    }
  }
  return new Response(frames(), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

export const ids = { taskId: 't1', contextId: 'c1' };
export const begun = { task: { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } } };
export const piece = (text: string, more: Record<string, unknown> = {}): unknown => ({
  artifactUpdate: { ...ids, artifact: { artifactId: 'a1', parts: [{ text }] }, append: true, ...more },
});
export const ended = (state = 'TASK_STATE_COMPLETED', text?: string): unknown => ({
  statusUpdate: {
    ...ids,
    status: {
      state,
      ...(text ? { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] } } : {}),
    },
  },
});

/** Our client, with short limits and a log that the test can read. */
export function clientFor(
  url: string,
  changes: Partial<PeerClientOptions> = {},
): { client: PeerClient; logged: string[] } {
  const logged: string[] = [];
  const log = createJsonLogger({ level: 'debug', now: Date.now, write: (line) => logged.push(line) });
  const client = new PeerClient({
    url,
    audience: new URL(url).origin,
    idToken: undefined,
    withinMs: 10_000,
    limits: { silenceMs: 10_000, answerChars: 1_000, answerBytes: 64 * 1024, ...changes.limits },
    log,
    newId: () => crypto.randomUUID(),
    breaker: changes.breaker ?? new CircuitBreaker({ mostFailures: 100 }),
    ...changes,
  });
  return { client, logged };
}

const open: OddPeer[] = [];
/** A peer that `stopPeers` stops; by default it answers "hello". */
export function peer(parts: OddPeerParts = {}): OddPeer {
  const started = startOddPeer({
    answer: (call) => streamOf(call, [begun, piece('hello'), ended()]),
    ...parts,
  });
  open.push(started);
  return started;
}
/** Call it after each test. */
export async function stopPeers(): Promise<void> {
  await Promise.all(open.splice(0).map(async (one) => one.stop()));
}

/** Asks with one hop behind it. */
export const ask = async (client: PeerClient, question = 'hello?') =>
  client.ask(question, { metadata: { [HOPS_KEY]: 1 } });

/** The kind of the PeerError. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'none: it answered',
    (error: unknown) => (error instanceof PeerError ? error.failure : error),
  );
}
