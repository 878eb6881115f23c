import { describe, expect, test } from 'bun:test';
import { createTestApp } from '../../testing/test-app.ts';

interface Operation {
  summary: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, unknown>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

async function document(): Promise<Document> {
  return (await (await createTestApp().request('/openapi.json')).json()) as Document;
}

describe('the OpenAPI document', () => {
  test('lists every call of the API', async () => {
    const { openapi, paths } = await document();
    expect(openapi).toBe('3.1.0');
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(operations).toContainValues([
      'get /health',
      'get /version',
      'get /ready',
      'get /list-apps',
      'get /apps/{appName}/app-info',
      'get /apps/{appName}/users/{userId}/sessions',
      'post /apps/{appName}/users/{userId}/sessions',
      'post /apps/{appName}/users/{userId}/sessions/{sessionId}',
      'get /apps/{appName}/users/{userId}/sessions/{sessionId}',
      'patch /apps/{appName}/users/{userId}/sessions/{sessionId}',
      'delete /apps/{appName}/users/{userId}/sessions/{sessionId}',
      'post /run',
      'post /run_sse',
      'get /docs',
      'get /openapi.json',
    ]);
  });

  test('has the schema that validates a turn, and its possible responses', async () => {
    const { paths } = await document();
    const runSse = paths['/run_sse']?.['post'];
    const schema = runSse?.requestBody?.content['application/json']?.schema;
    expect(schema).toMatchObject({
      type: 'object',
      required: ['userId', 'sessionId'],
      properties: { streaming: { type: 'boolean' }, stateDelta: expect.anything() },
    });
    expect(Object.keys(runSse?.responses ?? {}).join(' ')).toBe(
      '200 400 401 403 404 408 409 413 422 429 500 503 504',
    );
  });

  test('has query and header parameters and no dangling reference', async () => {
    const all = await document();
    const list = all.paths['/apps/{appName}/users/{userId}/sessions']?.['get'];
    expect(list?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
      'path appName',
      'path userId',
      'query limit',
      'query cursor',
    ]);
    const shared = all.paths['/api/v1/shared/{appName}/{ownerId}/{sessionId}']?.['get'];
    expect(shared?.parameters.at(-1)).toMatchObject({ in: 'header', name: 'x-share-secret', required: true });
    const references = new Set(JSON.stringify(all).match(/"\$ref":"[^"]+"/g));
    expect([...references].toSorted()).toEqual([
      '"$ref":"#/components/schemas/Detail"',
      '"$ref":"#/components/schemas/ValidationDetail"',
    ]);
  });
});

test('the reference for people has no script and loads nothing, and its policy forbids both', async () => {
  const response = await createTestApp().request('/docs');
  const html = await response.text();
  expect(html).toContain('<code>/run_sse</code>');
  expect(html).not.toMatch(/<script|src=|https?:\/\//);
  const policy = response.headers.get('content-security-policy') ?? '';
  const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? '';
  const hash = new Bun.CryptoHasher('sha256').update(style).digest('base64');
  expect(policy).toStartWith(`default-src 'none'; style-src 'sha256-${hash}';`);
});
