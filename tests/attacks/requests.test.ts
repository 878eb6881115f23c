import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SESSIONS, startTarget } from './target.ts';

const root = resolve(import.meta.dir, '../..');

const target = await startTarget();
await target.sendJson(SESSIONS, { sessionId: 's1' });

afterAll(async () => target.stop());

test('requests that are impossible to serve cause no failure of the service', async () => {
  for (const [method, path] of [
    ['GET', '/run_live'],
    ['POST', '/apps/lornu/trigger/pubsub'],
    ['POST', '/apps/lornu/trigger/eventarc'],
    ['POST', '/agent-identity/finalize'],
    ['POST', '/api/reasoning_engine'],
    ['POST', '/api/stream_reasoning_engine'],
  ] as const)
    expect([path, (await target.send(path, { method })).status]).toEqual([path, 404]);
});

test('an artifact has the same bytes on every path', async () => {
  const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, n) => (n * 31) % 256));
  const data = bytes.toString('base64');
  await target.sendJson(`${SESSIONS}/s1/artifacts`, {
    filename: 'b.bin',
    artifact: { inlineData: { data, mimeType: 'image/png', displayName: '"data":"AAAA"' } },
  });
  const part = (await (await target.send(`${SESSIONS}/s1/artifacts/b.bin`)).json()) as {
    inlineData: { data: string; displayName: string };
  };
  expect(Buffer.from(part.inlineData.data, 'base64url').equals(bytes)).toBe(true);
  expect(part.inlineData.displayName).toBe('"data":"AAAA"');
  const download = await target.send(`/api/v1${SESSIONS}/s1/artifacts/b.bin`);
  expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).toBe(true);
  const text = 'ä€😀"\\\n'.repeat(60_000);
  await target.sendJson(`${SESSIONS}/s1/artifacts`, { filename: 'c.txt', artifact: { text } });
  expect(await (await target.send(`${SESSIONS}/s1/artifacts/c.txt`)).json()).toEqual({ text });
});

test('the lint rule against non-linear regular expressions still finds one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-regexes-'));
  const config = await readFile(join(root, '.oxlintrc.json'), 'utf8');
  const rules = /"rules": (\{\s*"regexp[\s\S]*?\n {6}\})/.exec(config)?.[1] ?? '';
  const own = `{"jsPlugins": ["${join(root, 'node_modules/eslint-plugin-regexp')}"], "rules": ${rules}}`;
  await Bun.write(join(folder, 'lint.json'), own);
  const check = async (source: string) => {
    await Bun.write(join(folder, 'a.ts'), `export const x = (text: string) => ${source};\n`);
    const command = [join(root, 'node_modules/.bin/oxlint'), '-c', join(folder, 'lint.json'), folder];
    const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
    const said = await new Response(child.stdout).text();
    return said.includes('regexp(no-super-linear');
  };
  expect(await check("text.replace(/=+$/, '')")).toBe(true);
  expect(await check('/^(?:a+)+$/.test(text)')).toBe(true);
  expect(await check("text.replace(/=/g, '')")).toBe(false);
  await rm(folder, { recursive: true });
});
