import { A2AAgentExecutor, getA2AAgentCard } from '@google/adk/a2a';
import { InMemorySessionService, StreamingMode } from '@google/adk';
import { claimPort } from '@lornu/ops/up/port.ts';
import { createRequire } from 'node:module';
import { Scripted } from './agent.ts';

/** The used part of @a2a-js/sdk 0.3: the copy that adk-js brings along, which speaks only 0.3. */
interface Sdk03 {
  DefaultRequestHandler: new (card: unknown, tasks: unknown, executor: unknown) => object;
  InMemoryTaskStore: new () => object;
  JsonRpcTransportHandler: new (handler: object) => {
    handle: (body: unknown) => Promise<object | AsyncGenerator<object>>;
  };
}

/**
 * adk-js's toA2a without Express, which nothing else here needs: its executor, its card, and the request handler and
 * JSON-RPC of its copy of the SDK. Only the few lines of HTTP are ours.
 */
export async function serveAdkJs(): Promise<{ url: string; stop: () => Promise<void> }> {
  const sdk = createRequire(Bun.resolveSync('@google/adk/a2a', import.meta.dir))(
    '@a2a-js/sdk/server',
  ) as Sdk03;
  const agent = new Scripted({ name: 'stock', description: 'A scripted agent.' });
  const port = await claimPort(0);
  const url = `http://127.0.0.1:${port}`;
  const card = await getA2AAgentCard(agent, [{ url: `${url}/jsonrpc`, transport: 'JSONRPC' }]);
  const executor = new A2AAgentExecutor({
    runner: { agent, appName: agent.name, sessionService: new InMemorySessionService() },
    runConfig: { streamingMode: StreamingMode.SSE },
  });
  const rpc = new sdk.JsonRpcTransportHandler(
    new sdk.DefaultRequestHandler(card, new sdk.InMemoryTaskStore(), executor),
  );
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    development: false,
    fetch: async (request): Promise<Response> => {
      if (request.method === 'GET') return Response.json(card);
      const answer = await rpc.handle(await request.json());
      if (!(Symbol.asyncIterator in answer)) return Response.json(answer);
      return new Response(toEventStream(answer), { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  return { url, stop: async () => server.stop(true) };
}

async function* toEventStream(answers: AsyncGenerator<object>): AsyncGenerator<string> {
  for await (const answer of answers) yield `data: ${JSON.stringify(answer)}\n\n`;
}
