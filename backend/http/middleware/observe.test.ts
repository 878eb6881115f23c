import { type Attributes, type Span, trace, type Tracer } from '@opentelemetry/api';
import { afterEach, expect, test } from 'bun:test';
import { createTestApp } from '../../testing/test-app.ts';

const cacheControl = async (path: string): Promise<string | null> =>
  (await createTestApp().request(path)).headers.get('cache-control');

test('responses forbid caching unless their route allows it', async () => {
  for (const path of ['/list-apps', '/apps/lornu/users/ann/sessions', '/nothing', '/health'])
    expect([path, await cacheControl(path)]).toEqual([path, 'no-store']);
  expect(await cacheControl('/a2a/lornu/.well-known/agent-card.json')).toStartWith('public, max-age=');
});

afterEach(() => trace.disable());

/** Every span begun from now on, as JSON: its name and all its attributes. */
function recordSpans(): () => string {
  const spans: { name: string; attributes: Attributes }[] = [];
  const startActiveSpan = (
    name: string,
    options: { attributes?: Attributes },
    _parent: unknown,
    run: (span: Span) => unknown,
  ) => {
    const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });
    const recorded = { name, attributes: { ...options.attributes } };
    spans.push(recorded);
    span.isRecording = () => true;
    span.setAttributes = (more) => {
      Object.assign(recorded.attributes, more);
      return span;
    };
    return run(span);
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as unknown as Tracer });
  return () => JSON.stringify(spans);
}

test('a secret that a request carries is in no log line and in no span', async () => {
  const spans = recordSpans();
  const { request, services, logged } = createTestApp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  await services.sessions.createSession({ appName: 'lornu', userId: 'ann', sessionId: 's1' });
  const made = await request('/api/v1/apps/lornu/users/ann/sessions/s1/share', { method: 'POST' });
  const { secret } = (await made.json()) as { secret: string };
  const code = 'code-of-a-sign-in';
  const bearer = 'token-of-a-machine';
  for (const [path, headers, status] of [
    ['/api/v1/shared/lornu/ann/s1', { 'x-share-secret': secret }, 200],
    ['/api/v1/shared/lornu/ann/s1', { 'x-share-secret': `${secret}x` }, 404],
    ['/api/v1/shared/lornu/ann/s1/artifacts/none', { 'x-share-secret': secret }, 404],
    [`/auth/callback?code=${code}&state=${code}`, {}, 404],
    ['/list-apps', { authorization: `Bearer ${bearer}`, cookie: `session=${bearer}` }, 200],
  ] as const)
    expect([path, (await request(path, { headers })).status]).toEqual([path, status]);
  const lines = JSON.stringify(logged);
  // What is looked through is not empty.
  for (const text of [lines, spans()]) {
    expect(text).toContain('/api/v1/shared/lornu/ann/s1');
    for (const each of [secret, code, bearer]) expect(text).not.toContain(each);
  }
});
