import { afterAll, describe, expect, test } from 'bun:test';
import { ArtifactService, rewindTombstone } from '../../backend/artifacts/artifact-service.ts';
import { GcsArtifactFiles } from '../../backend/artifacts/gcs/gcs-artifact-files.ts';
import { GcsClient } from '../../backend/artifacts/gcs/gcs-client.ts';
import { startFakeGcs } from './fake-gcs.ts';
import { startPythonArtifacts } from './python-artifacts.ts';
import { serveHere } from '../support/serve-here.ts';

const BUCKET = 'artifacts';
const OWNER = { appName: 'lornu', userId: 'ann', sessionId: 's1' };
const PYTHON_OWNER = { app_name: 'lornu', user_id: 'ann', session_id: 's1' };
const PNG = Buffer.from([0xfb, 0xff, 0x00, 0x01]).toString('base64');
const URL_SAFE_PNG = PNG.replaceAll('+', '-').replaceAll('/', '_');

function service(endpoint: string): ArtifactService {
  const client = new GcsClient({
    bucket: BUCKET,
    apiEndpoint: endpoint,
    accessToken: async () => undefined,
    timeoutMs: 3_000,
  });
  return new ArtifactService(new GcsArtifactFiles(client), 32 * 1024 * 1024);
}

const gcs = await startFakeGcs(BUCKET);
const python = startPythonArtifacts(BUCKET, gcs.url);
const ours = service(gcs.url);
// The first response takes as long as importing google-adk.
await python.ask({ do: 'list', ...PYTHON_OWNER });

afterAll(async () => {
  await python.stop();
  await gcs.stop();
});

describe('one bucket, two services', () => {
  test.each([
    ['text.txt', { text: 'grüße' }, { text: 'grüße' }],
    [
      'a picture.png',
      { inlineData: { mimeType: 'image/png', data: PNG } },
      { inlineData: { mimeType: 'image/png', data: URL_SAFE_PNG } },
    ],
    [
      'named.png',
      { inlineData: { mimeType: 'image/png', data: PNG, displayName: 'Ein Bild' } },
      { inlineData: { mimeType: 'image/png', data: URL_SAFE_PNG, displayName: 'Ein Bild' } },
    ],
    [
      'plain.bin',
      { inlineData: { mimeType: 'text/plain', data: PNG } },
      { inlineData: { mimeType: 'text/plain', data: URL_SAFE_PNG } },
    ],
    ['user:shared.txt', { text: 'for all' }, { text: 'for all' }],
    ['deep/er/отчёт.txt', { text: 'deep' }, { text: 'deep' }],
    [
      'link',
      { fileData: { fileUri: 'gs://other/file.pdf', mimeType: 'application/pdf' } },
      { fileData: { fileUri: 'gs://other/file.pdf', mimeType: 'application/pdf' } },
    ],
  ])('%s is read by google-adk as we wrote it, and by us as it wrote it', async (filename, part, wire) => {
    const fromUs = await ours.saveArtifact({ ...OWNER, filename, artifact: part });
    expect(await python.ask({ do: 'load', ...PYTHON_OWNER, filename, version: fromUs })).toEqual(wire);
    const fromPython = await python.ask({ do: 'save', ...PYTHON_OWNER, filename, artifact: wire });
    expect(fromPython).toBe(fromUs + 1);
    expect(await ours.loadArtifact({ ...OWNER, filename, version: fromUs + 1 })).toEqual(part);
    expect(await ours.loadArtifact({ ...OWNER, filename })).toEqual(part);
  });

  test('the files of a session go with it; those that the user’s sessions share stay, also from one called "user"', async () => {
    const owner = { ...OWNER, userId: 'leaving' };
    for (const filename of ['a.txt', 'deep/er/b.txt', 'user:cv'])
      await ours.saveArtifact({ ...owner, filename, artifact: { text: 'x' } });
    for (const sessionId of ['s1', 'user']) await ours.deleteSessionArtifacts({ ...owner, sessionId });
    expect(await ours.listArtifactKeys(owner)).toEqual(['user:cv']);
  });

  test('both list the same names and the same versions with their metadata', async () => {
    const metadata = { by: 'ann', count: 3, final: true, none: null };
    await ours.saveArtifact({
      ...OWNER,
      filename: 'meta',
      artifact: { text: 'a' },
      customMetadata: metadata,
    });
    await python.ask({
      do: 'save',
      ...PYTHON_OWNER,
      filename: 'meta',
      artifact: { text: 'b' },
      custom_metadata: metadata,
    });
    const versions = await ours.listArtifactVersions({ ...OWNER, filename: 'meta' });
    expect(await python.ask({ do: 'versions', ...PYTHON_OWNER, filename: 'meta' })).toEqual(versions);
    expect(versions.map(({ customMetadata }) => customMetadata)).toEqual([
      { by: 'ann', count: '3', final: 'True', none: 'None' },
      { by: 'ann', count: '3', final: 'True', none: 'None' },
    ]);
    expect(await python.ask({ do: 'list', ...PYTHON_OWNER })).toEqual(await ours.listArtifactKeys(OWNER));
  });

  test('both treat an artifact that a rewind removed as absent', async () => {
    await ours.saveArtifact({ ...OWNER, filename: 'gone', artifact: { text: 'a' } });
    await ours.saveArtifact({ ...OWNER, filename: 'gone', artifact: rewindTombstone() });
    expect(await python.ask({ do: 'load', ...PYTHON_OWNER, filename: 'gone' })).toBeNull();
    expect(await ours.loadArtifact({ ...OWNER, filename: 'gone' })).toBeUndefined();
    expect(await ours.loadArtifact({ ...OWNER, filename: 'gone', version: 0 })).toEqual({ text: 'a' });
  });

  test('a name below another is a separate artifact', async () => {
    await ours.saveArtifact({ ...OWNER, filename: 'a', artifact: { text: 'outer' } });
    await ours.saveArtifact({ ...OWNER, filename: 'a/b', artifact: { text: 'inner' } });
    await ours.saveArtifact({ ...OWNER, filename: 'a/b', artifact: { text: 'inner 2' } });
    expect(await ours.listVersions({ ...OWNER, filename: 'a' })).toEqual([0]);
    await ours.deleteArtifact({ ...OWNER, filename: 'a' });
    expect(await python.ask({ do: 'load', ...PYTHON_OWNER, filename: 'a' })).toBeNull();
    expect(await python.ask({ do: 'load', ...PYTHON_OWNER, filename: 'a/b' })).toEqual({ text: 'inner 2' });
  });

  test('concurrent saves on both sides each get their own version', async () => {
    const artifact = { text: 'x' };
    const saved = await Promise.all([
      ...Array.from({ length: 5 }, async () => ours.saveArtifact({ ...OWNER, filename: 'race', artifact })),
      python.ask({ do: 'save', ...PYTHON_OWNER, filename: 'race', artifact }),
    ]);
    expect(new Set(saved).size).toBe(6);
  });

  test('a large artifact survives unchanged', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const data = Buffer.concat(Array.from({ length: 100 }, () => bytes)).toString('base64');
    const artifact = { inlineData: { mimeType: 'application/octet-stream', data } };
    await ours.saveArtifact({ ...OWNER, filename: 'large', artifact });
    expect((await ours.loadArtifact({ ...OWNER, filename: 'large' }))?.inlineData?.data === data).toBe(true);
  });
});

describe('a bucket that does not answer', () => {
  test('fails within the time limit, with a sentence, and works again afterwards', async () => {
    let hangs = true;
    const proxy = serveHere(async (request) => {
      if (hangs) await Bun.sleep(60_000);
      const { pathname, search } = new URL(request.url);
      return fetch(`${gcs.url}${pathname}${search}`, { method: request.method, headers: request.headers });
    });
    const client = new GcsClient({
      bucket: BUCKET,
      apiEndpoint: proxy.url.origin,
      accessToken: async () => undefined,
      timeoutMs: 200,
    });
    const through = new ArtifactService(new GcsArtifactFiles(client), 1_000);
    const failure: unknown = await through.listArtifactKeys(OWNER).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ARTIFACTS_UNAVAILABLE' });
    hangs = false;
    expect(await through.listArtifactKeys(OWNER)).toContain('text.txt');
    await proxy.stop(true);
  });

  test('its error response is logged and not sent to the caller', async () => {
    const refusing = serveHere(() => new Response('secret reason', { status: 403 }));
    const failure: unknown = await service(refusing.url.origin)
      .loadArtifact({ ...OWNER, filename: 'a' })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ARTIFACTS_UNAVAILABLE',
      message: expect.not.stringContaining('secret'),
    });
    await refusing.stop(true);
  });
});
