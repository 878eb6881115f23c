// Replaces the agent in tests: an HTTP server whose environment decides how it behaves.
const env = process.env;

/** Exits with code 7 after this many milliseconds. */
if (env['CRASH_AFTER_MS'] !== undefined) setTimeout(() => process.exit(7), Number(env['CRASH_AFTER_MS']));
if (env['KEEP_ON_SIGTERM']) process.on('SIGTERM', () => process.stdout.write('not yet\n'));
else process.on('SIGTERM', () => process.exit(0));
/** Really used memory. */
const eaten = env['EAT_MB'] ? Buffer.alloc(Number(env['EAT_MB']) * 2 ** 20, 1) : undefined;

let streams = 0;
const server = Bun.serve({
  hostname: env['HOST'] ?? '127.0.0.1',
  port: Number(env['PORT']),
  idleTimeout: 0,
  fetch: async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/health') return new Response('', { status: env['SICK'] ? 503 : 200 });
    if (pathname === '/environment') return Response.json(env);
    if (pathname === '/stream') return stream(Number(searchParams.get('ms')), request.signal);
    // Healthy, but useless.
    if (env['FAIL']) return Response.json({ revision: env['REVISION'] }, { status: 500 });
    return Response.json({ revision: env['REVISION'], eaten: eaten?.length ?? 0 });
  },
});
process.stdout.write(`listening at ${server.url.href}\n`);
if (env['METRICS']) setInterval(writeMetrics, 100);

/** A word each 50 ms, and "end" at the end. */
function stream(ms: number, signal: AbortSignal): Response {
  const endMs = Date.now() + ms;
  async function* words(): AsyncGenerator<string> {
    streams += 1;
    try {
      while (Date.now() < endMs && !signal.aborted) {
        yield 'word ';
        await Bun.sleep(50);
      }
      yield 'end';
    } finally {
      streams -= 1;
    }
  }
  return new Response(words());
}

function writeMetrics(): void {
  const CloudWatchMetrics = [
    { Namespace: 'Test', Dimensions: [['Environment']], Metrics: [{ Name: 'Streams', Unit: 'Count' }] },
  ];
  const line = { _aws: { Timestamp: Date.now(), CloudWatchMetrics }, Environment: 'test', Streams: streams };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
