import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startFakeGcs, type FakeGcs } from './fake-gcs.ts';
import { startPythonArtifacts } from './python-artifacts.ts';
import { postJson } from '../support/post-json.ts';

const ROOT = resolve(import.meta.dir, '../..');
const BUCKET = 'artifacts';
const SESSION = '/apps/probe/users/ann/sessions/s1';
const PYTHON_OWNER = { app_name: 'probe', user_id: 'ann', session_id: 's1' };

let gcs: FakeGcs;
let model: GeminiStandin;

const scratchDir = await mkdtemp(join(tmpdir(), 'artifacts-'));
[gcs, model] = await Promise.all([startFakeGcs(BUCKET), spawnGeminiStandin()]);
const service = await startService({
  root: ROOT,
  modelUrl: model.url,
  agentsDir: join(ROOT, 'tests/contract/agents'),
  scratchDir,
  env: { ARTIFACT_BUCKET: BUCKET, STORAGE_EMULATOR_HOST: gcs.url },
});
const python = startPythonArtifacts(BUCKET, gcs.url);

afterAll(async () => {
  await Promise.all([service.stop(), python.stop()]);
  await Promise.all([model?.stop(), gcs?.stop()]);
  await rm(scratchDir, { recursive: true, force: true });
});

async function post(path: string, body: unknown, url = service.url): Promise<Response> {
  return postJson(`${url}${path}`, body);
}

test('what a tool saves here is in the bucket for google-adk, and what google-adk saves is served here', async () => {
  await post('/apps/probe/users/ann/sessions', { sessionId: 's1' });
  const turn = { role: 'user', parts: [{ text: 'call save_file with {"name":"note.txt","text":"kept"}' }] };
  const answer = await post('/run', { appName: 'probe', userId: 'ann', sessionId: 's1', newMessage: turn });
  expect(answer.status).toBe(200);
  expect(await python.ask({ do: 'load', ...PYTHON_OWNER, filename: 'note.txt' })).toEqual({ text: 'kept' });

  const artifact = { text: 'from the other cloud' };
  await python.ask({ do: 'save', ...PYTHON_OWNER, filename: 'note.txt', artifact });
  const served = await fetch(`${service.url}${SESSION}/artifacts/note.txt`);
  expect(await served.json()).toEqual(artifact);
  const described = await fetch(`${service.url}${SESSION}/artifacts/note.txt/versions/latest/metadata`);
  expect(await described.json()).toMatchObject({
    version: 1,
    canonicalUri: `gs://${BUCKET}/probe/ann/s1/note.txt/1`,
  });
});

test('a message that refers to a file: either agent gives the model its bytes, and not those of another session', async () => {
  const gcpAgent = await startGcpAgent({
    root: ROOT,
    modelUrl: model.url,
    agentsDir: join(ROOT, 'tests/contract/agents'),
    scratchDir,
    env: { ARTIFACT_SERVICE_URI: `gs://${BUCKET}`, STORAGE_EMULATOR_HOST: gcs.url },
  });
  try {
    const artifact = {
      inlineData: { mimeType: 'application/pdf', data: Buffer.alloc(1_500_000).toString('base64') },
    };
    for (const id of ['f1', 'f2']) {
      const sessions = '/apps/probe/users/ann/sessions';
      for (const { url } of [service, gcpAgent]) await post(sessions, { sessionId: id }, url);
      await post(`${sessions}/${id}/artifacts`, { filename: 'big.pdf', artifact });
    }
    const part = (id: string) => ({
      fileData: {
        fileUri: `artifact://apps/probe/users/ann/sessions/${id}/artifacts/big.pdf/versions/0`,
        mimeType: 'application/pdf',
        displayName: 'big.pdf',
      },
    });
    const newMessage = { role: 'user', parts: [part('f1'), part('f2'), { text: 'read' }] };
    for (const { url } of [service, gcpAgent]) {
      const turn = await post('/run', { appName: 'probe', userId: 'ann', sessionId: 'f1', newMessage }, url);
      const answer = await turn.text();
      expect(answer).toContain('I received a file of 1500000 bytes (application/pdf).');
      expect(answer).toContain('[The file \\"big.pdf\\" is not stored in this conversation any more.]');
      const sessionUrl = `${url}/apps/probe/users/ann/sessions/f1`;
      // The session keeps the reference.
      expect(await (await fetch(sessionUrl)).text()).toContain('/sessions/f1/artifacts/big.pdf/versions/0');
    }
    await fetch(`${gcpAgent.url}/apps/probe/users/ann/sessions/f1`, { method: 'DELETE' });
    const names = await fetch(`${service.url}/apps/probe/users/ann/sessions/f1/artifacts`);
    expect(await names.json()).toEqual([]);
  } finally {
    await gcpAgent.stop();
  }
}, 120_000);

test('while the bucket is unavailable: 503 with a sentence, /ready says so, turns continue; afterwards it works again', async () => {
  const { port } = new URL(gcs.url);
  await gcs.stop();
  const listed = await fetch(`${service.url}${SESSION}/artifacts`);
  expect([listed.status, listed.headers.get('x-error-code')]).toEqual([503, 'ARTIFACTS_UNAVAILABLE']);
  const newMessage = { role: 'user', parts: [{ text: 'hello' }] };
  const turn = await post('/run', { appName: 'probe', userId: 'ann', sessionId: 's1', newMessage });
  expect(turn.status).toBe(200);
  const ready = (await (await fetch(`${service.url}/ready`)).json()) as {
    ready: boolean;
    dependencies: { name: string; state: string }[];
  };
  expect(ready.ready).toBe(true);
  expect(ready.dependencies.find(({ name }) => name === 'artifacts')).toMatchObject({ state: 'failed' });
  gcs = await startFakeGcs(BUCKET, Number(port));
  expect(await (await fetch(`${service.url}${SESSION}/artifacts`)).json()).toEqual([]);
});
