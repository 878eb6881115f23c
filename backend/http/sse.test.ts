import { afterEach, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { listen, type Listening } from '../testing/listen.ts';
import { createTestApp, json, type TestApp } from '../testing/test-app.ts';
import { AppError } from '../errors/app-error.ts';
import type { Frame, Run } from '../runs/run.ts';
import { until } from '../testing/until.ts';
import { sseResponse } from './sse.ts';

const TURN = {
  appName: 'lornu',
  userId: 'ann',
  sessionId: 's1',
  newMessage: { role: 'user', parts: [{ text: 'hello' }] },
};

const QUIET = { pingMs: 1e9, metrics: undefined, log: { error: () => undefined } };

let servers: Listening[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers = [];
});

async function start(app: TestApp): Promise<Listening> {
  const server = listen(app);
  servers.push(server);
  await fetch(`${server.url}/apps/lornu/users/ann/sessions`, json({ sessionId: 's1' }));
  return server;
}

describe('a stream over a socket', () => {
  test('the first frame arrives while the turn is running', async () => {
    const app = createTestApp();
    const rest = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      yield '{"n":1}';
      await rest.promise;
      yield '{"n":2}';
    };
    const { url } = await start(app);
    const response = await fetch(`${url}/run_sse`, json(TURN));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('id: run-1:0\ndata: {"n":1}\n\n');
    rest.resolve();
    expect((await reader?.read())?.value).toStartWith('id: run-1:1\ndata: {"n":2}\n\n');
    let last = await reader?.read();
    while (last && !last.done) last = await reader?.read();
    expect(last?.done).toBe(true);
  });

  test('a client that attaches to a silent run gets a response before the first frame', async () => {
    const app = createTestApp();
    const rest = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      await rest.promise;
      yield '{"n":1}';
    };
    const { url } = await start(app);
    const begun = fetch(`${url}/run_sse`, json(TURN));
    await until(() => app.runs.activeCount === 1);
    const attached = await fetch(`${url}/api/v1/apps/lornu/users/ann/sessions/s1/runs/running/frames`);
    expect(attached.headers.get('lornu-run-id')).toBe('run-1');
    rest.resolve();
    expect(await attached.text()).toBe(': ping\n\nid: run-1:0\ndata: {"n":1}\n\n: run completed\n\n');
    await (await begun).text();
  });

  test('frames that were stored together are sent together', async () => {
    const frame = (index: number): Frame => ({ index, kind: 'event', json: '{}' });
    async function* batches(): AsyncGenerator<Frame[]> {
      yield [frame(0)];
      yield [frame(1), frame(2)];
    }
    const run = { id: 'r', state: 'completed', batches } as unknown as Run;
    const options = { ...QUIET, signal: new AbortController().signal };
    const pieces: string[] = [];
    for await (const bytes of sseResponse(run, options).body!) pieces.push(new TextDecoder().decode(bytes));
    const sent = (index: number): string => `id: r:${index}\ndata: {}\n\n`;
    expect(pieces).toEqual([sent(0), sent(1) + sent(2), ': run completed\n\n']);
  });

  test.each([
    ['STORE_UNAVAILABLE', new AppError('STORE_UNAVAILABLE', 'no answer'), { message: 'no answer' }],
    ['INTERNAL', new TypeError('a bug'), { name: 'TypeError', message: 'a bug' }],
  ])('a stream that fails with %s is cut, and logged once with its run', async (code, failure, error) => {
    const app = createTestApp();
    const begin = app.runs.start.bind(app.runs);
    app.runs.start = async (turn) => {
      const run = await begin(turn);
      run.batches = async function* () {
        yield [{ index: 0, kind: 'event', json: '{"text":"words of a person"}' }];
        throw failure;
      };
      return run;
    };
    await app.request('/apps/lornu/users/ann/sessions', json({ sessionId: 's1' }));
    const response = await app.request('/run_sse', json(TURN));
    expect(response.status).toBe(200);
    expect(await response.text().catch(() => 'cut')).toBe('cut');
    const lines = app.logged.filter(({ level }) => level === 'error');
    expect(lines).toMatchObject([{ message: 'A stream was cut', runId: 'run-1', code }]);
    expect(lines[0]?.['error']).toMatchObject(error);
    expect(lines[0]).toContainKeys(['requestId', 'traceId']);
    expect(JSON.stringify(lines)).not.toContain('words of a person');
  });

  test('comment lines keep a silent stream alive, and are never read as data', async () => {
    const app = createTestApp({ LORNU_PING_MS: '15' });
    app.runs.script = async function* () {
      await Bun.sleep(80);
      yield '{"n":1}';
    };
    const { url } = await start(app);
    const text = await (await fetch(`${url}/run_sse`, json(TURN))).text();
    expect(text).toMatch(/^(?:: ping\n\n){2,}id: run-1:0\ndata: \{"n":1\}\n\n: run completed\n\n$/);
  });

  test('a reader that stops reading blocks neither the turn nor fills the memory', async () => {
    const app = createTestApp();
    const frame = JSON.stringify({ text: 'x'.repeat(64 * 1024) });
    const frames = 1_500;
    app.runs.script = async function* () {
      for (let i = 0; i < frames; i++) yield frame;
    };
    const { port } = await start(app);
    const body = JSON.stringify(TURN);
    const socket = connect(port, '127.0.0.1').pause();
    socket.write(
      `POST /run_sse HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => app.runs.started.length === 1 && app.runs.activeCount === 0);
    await Bun.sleep(100);
    // Allow for the kernel's socket buffers; most of the 96 MB stays with the run.
    expect(app.runs.framesRead).toBeLessThan(frames / 3);
    socket.destroy();
  });

  test('a client that disconnects frees its stream, and the turn continues', async () => {
    let open = 0;
    const metrics = {
      streams: (change: number) => void (open += change),
      turn: () => undefined,
      inference: () => undefined,
      timeToFirstToken: () => undefined,
      tokens: () => undefined,
      fault: () => undefined,
      lostTurn: () => undefined,
      shadow: () => undefined,
    };
    const app = createTestApp({}, { metrics });
    const rest = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      yield '{"n":1}';
      await rest.promise;
    };
    const { url } = await start(app);
    const leave = new AbortController();
    const response = await fetch(`${url}/run_sse`, { ...json(TURN), signal: leave.signal });
    await response.body?.getReader().read();
    expect(open).toBe(1);
    leave.abort();
    await until(() => open === 0);
    expect(app.runs.activeCount).toBe(1);
    rest.resolve();
    await until(() => app.runs.activeCount === 0);
  });

  test('400 concurrent streams all end', async () => {
    const app = createTestApp();
    const rest = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      yield '{"n":1}';
      await rest.promise;
      yield '{"n":2}';
    };
    const { port } = await start(app);
    const body = JSON.stringify(TURN);
    const received = Array.from({ length: 400 }, () => '');
    // Raw sockets: Bun's fetch allows 256 requests at once.
    for (const index of received.keys()) {
      const socket = connect(port, '127.0.0.1');
      socket.on('data', (data) => void (received[index] += data.toString()));
      socket.write(
        `POST /run_sse HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    }
    await until(() => received.every((text) => text.includes('{"n":1}')), 20_000);
    rest.resolve();
    await until(() => received.every((text) => text.includes('{"n":2}')), 20_000);
  });
});
