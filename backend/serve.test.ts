import { MODEL } from '@lornu/agents/model.ts';
import { afterAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGeminiStandin } from '../standins/gemini/spawn.ts';
import { buildService } from './build.ts';
import { json } from './testing/test-app.ts';
import { until } from './testing/until.ts';

const dir = await mkdtemp(join(tmpdir(), 'service-'));
await mkdir(join(dir, 'empty'));
const [model] = await Promise.all([
  spawnGeminiStandin({ chunks: 20, delayMs: 50 }),
  buildService({ root: join(import.meta.dir, '..'), outDir: join(dir, 'bundle') }),
]);

afterAll(async () => {
  await model.stop();
  await rm(dir, { recursive: true });
});

interface Traces {
  resourceSpans?: { scopeSpans: { spans: { name: string; traceId: string }[] }[] }[];
}

interface Started {
  url: string;
  startMs: number;
  stop(signal: NodeJS.Signals): void;
  ended: Promise<{ exitCode: number; log: string }>;
}

/** Starts the bundle in an empty folder, with only the given environment variables. */
function spawn(environment: Record<string, string>) {
  return Bun.spawn({
    cmd: [process.execPath, join(dir, 'bundle/serve.js')],
    cwd: join(dir, 'empty'),
    env: { PORT: '0', LORNU_DATA_DIR: join(dir, 'data'), NODE_ENV: 'production', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

async function start(environment: Record<string, string> = {}): Promise<Started> {
  const child = spawn({ GOOGLE_GEMINI_BASE_URL: model.url, ...environment });
  const lines: string[] = [];
  const listening = Promise.withResolvers<{ url: string; startMs: number }>();
  const read = (async () => {
    for await (const line of child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new LineStream())) {
      lines.push(line);
      if (line.includes('"listening"')) listening.resolve(JSON.parse(line) as Started);
    }
  })();
  const ended = Promise.all([child.exited, read]).then(([exitCode]) => ({ exitCode, log: lines.join('\n') }));
  void ended.then(({ log }) => listening.reject(new Error(`It ended before it listened:\n${log}`)));
  return { ...(await listening.promise), stop: (signal) => child.kill(signal), ended };
}

class LineStream extends TransformStream<string, string> {
  constructor() {
    let rest = '';
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}

describe('the bundle', () => {
  test('runs in an empty folder, with its agents, and writes nothing there', async () => {
    const service = await start();
    expect(await (await fetch(`${service.url}/health`)).json()).toEqual({ status: 'ok' });
    const ready = (await (await fetch(`${service.url}/ready`)).json()) as Record<string, unknown>;
    expect(ready).toMatchObject({
      ready: true,
      agents: { broken: [], served: expect.arrayContaining(['lornu']) },
    });
    service.stop('SIGTERM');
    expect((await service.ended).exitCode).toBe(0);
    expect(await readdir(join(dir, 'empty'))).toEqual([]);
  });

  test('finishes a stream that began before SIGTERM, starts no new ones, and exits with 0', async () => {
    const service = await start();
    const sessions = `${service.url}/apps/lornu/users/ann/sessions`;
    const turn = (sessionId: string) =>
      json({
        appName: 'lornu',
        userId: 'ann',
        sessionId,
        streaming: true,
        newMessage: { parts: [{ text: 'hello' }] },
      });
    await fetch(sessions, json({ sessionId: 'running' }));
    await fetch(sessions, json({ sessionId: 'late' }));
    const stream = await fetch(`${service.url}/run_sse`, turn('running'));
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();

    service.stop('SIGTERM');
    await Bun.sleep(100);
    const late = await fetch(`${service.url}/run_sse`, turn('late'));
    expect([late.status, late.headers.get('x-error-code')]).toEqual([503, 'DRAINING']);
    expect((await fetch(`${service.url}/ready`)).status).toBe(503);
    expect((await fetch(`${service.url}/health`)).status).toBe(200);

    let rest = '';
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
      rest += piece.value;
    expect(rest).toContain('"partial":false');
    const { exitCode, log } = await service.ended;
    expect(exitCode).toBe(0);
    expect(log).toContain('"message":"stopped"');
  });

  test('does not share its port with a second process, which says so and ends', async () => {
    const service = await start();
    const second = spawn({ GOOGLE_GEMINI_BASE_URL: model.url, PORT: new URL(service.url).port });
    const [exitCode, told] = await Promise.all([second.exited, new Response(second.stderr).text()]);
    expect([exitCode, told]).toEqual([
      78,
      expect.stringMatching(/^PORT cannot be used: .*choose another PORT\.\n$/),
    ]);
    service.stop('SIGTERM');
    await service.ended;
  });

  test('is not held up by a client whose body never ends', async () => {
    const service = await start();
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    socket.write('POST /run HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n{');
    await Bun.sleep(100);
    const stoppedAt = performance.now();
    service.stop('SIGTERM');
    expect((await service.ended).exitCode).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(12_000);
    socket.destroy();
  });

  test('writes metrics in the format that CloudWatch reads', async () => {
    const service = await start({ LORNU_METRICS: 'emf' });
    await fetch(`${service.url}/apps/lornu/users/ann/sessions`, json({ sessionId: 'counted' }));
    const turn = { userId: 'ann', sessionId: 'counted', newMessage: { parts: [{ text: 'hello' }] } };
    await (
      await fetch(`${service.url}/run_sse`, json({ appName: 'lornu', streaming: true, ...turn }))
    ).text();
    service.stop('SIGTERM');
    const { log } = await service.ended;
    const line = log.split('\n').find((one) => one.startsWith('{"_aws"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      Environment: 'local',
      Turns: 1,
      TurnErrors: 0,
      ActiveStreams: 1,
      TimeToFirstToken: [expect.any(Number)],
    });
    expect((JSON.parse(line) as { Tokens: number }).Tokens).toBeGreaterThan(10);
  });

  test('exports traces to the given endpoint, one tree per turn, without message contents', async () => {
    const received: string[] = [];
    const collector = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        received.push(await request.text());
        return Response.json({});
      },
    });
    const service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
      LORNU_DEV_ROUTES: '1',
    });
    await fetch(`${service.url}/apps/lornu/users/ann/sessions`, json({ sessionId: 'traced' }));
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const turn = json({
      appName: 'lornu',
      userId: 'ann',
      sessionId: 'traced',
      streaming: true,
      newMessage: { parts: [{ text: 'my-private-words' }] },
    });
    const headers = { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await (await fetch(`${service.url}/run_sse`, { ...turn, headers })).text();
    // ADK's page shows the same trace; the run's own span ends last.
    const page = `${service.url}/dev/apps/lornu/debug/trace/session/traced`;
    let shown: { name: string; trace_id: string }[] = [];
    await until(async () => {
      shown = (await (await fetch(page)).json()) as typeof shown;
      return shown.some(({ name }) => name === 'run');
    });
    expect(new Set(shown.map(({ trace_id }) => trace_id))).toEqual(new Set([traceId]));
    expect(shown.map(({ name }) => name)).toContain(`generate_content ${MODEL}`);
    service.stop('SIGTERM');
    await service.ended;
    await collector.stop();
    const all = received.join('\n');
    const spans = received
      .flatMap((body) => (JSON.parse(body) as Traces).resourceSpans ?? [])
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      .filter((span) => span.traceId === traceId);
    expect(spans.map((span) => span.name).toSorted()).toEqual([
      'POST /run_sse',
      'call_llm',
      `generate_content ${MODEL}`,
      'invoke_agent lornu',
      'run',
    ]);
    expect(all).toContain('gen_ai.conversation.id');
    for (const metric of [
      'gen_ai.invoke_agent.duration',
      'gen_ai.client.inference.duration',
      'gen_ai.client.inference.time_to_first_chunk',
      'gen_ai.client.inference.usage.input_tokens',
      'gen_ai.client.inference.usage.output_tokens',
    ])
      expect(all).toContain(metric);
    expect(all).toContain('lornu-agent');
    expect(all).not.toContain('my-private-words');
  });

  test('does not start with a damaged database: a sentence with its name, exit code 78', async () => {
    const folder = join(dir, 'damaged');
    await Bun.write(join(folder, 'memory.sqlite'), 'no database at all');
    const child = spawn({ LORNU_DATA_DIR: folder, GEMINI_API_KEY: 'stand-in' });
    const said = await new Response(child.stderr).text();
    expect(await child.exited).toBe(78);
    expect(said).toStartWith(`The database ${join(folder, 'memory.sqlite')} cannot be opened`);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  test('does not start with a wrong configuration: sentences without a stack, exit code 78', async () => {
    const child = spawn({ PORT: 'x', GEMINI_API_KEY: '' });
    const text = await new Response(child.stderr).text();
    expect([await child.exited, text]).toEqual([
      78,
      expect.stringMatching(
        /^The configuration cannot be used:\n {2}- PORT must be a port number from 0 to 65535; got "x"\.\n {2}- GEMINI_API_KEY must be set/,
      ),
    ]);
    expect(text).not.toContain('    at ');
  });
});
