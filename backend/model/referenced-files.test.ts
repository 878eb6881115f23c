import type { Content } from '@google/genai';
import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactService } from '../artifacts/artifact-service.ts';
import { toArtifactUri } from '../artifacts/artifact-uri.ts';
import { DiskArtifactFiles } from '../artifacts/disk/disk-artifact-files.ts';
import { sessionArtifacts } from '../artifacts/session-artifacts.ts';
import { MAX_FILE_BYTES, withFiles } from './referenced-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'lornu-files-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const artifacts = new ArtifactService(new DiskArtifactFiles(dir), 32 * 1024 * 1024);
const OWNER = { appName: 'lornu', userId: 'ann' };
const { openUri } = sessionArtifacts(artifacts, { ...OWNER, id: 's1' });

const uri = (filename: string, { session = 's1', userId = 'ann', version = 0 } = {}): string =>
  toArtifactUri({ appName: 'lornu', userId, scope: { session }, filename }, version);
const refersTo = (...files: string[]): Content => ({
  role: 'user',
  parts: files.map((fileUri) => ({
    fileData: { fileUri, mimeType: 'application/pdf', displayName: 'a "b".pdf' },
  })),
});
async function save(filename: string, bytes: number, sessionId = 's1'): Promise<void> {
  const inlineData = { mimeType: 'application/pdf', data: Buffer.alloc(bytes, 1).toString('base64') };
  await artifacts.saveArtifact({ ...OWNER, sessionId, filename, artifact: { inlineData } });
}

/** Describes each part by its bytes or its text. */
async function sent(contents: Content[]): Promise<(number | string | undefined)[]> {
  const held = await withFiles(contents, openUri);
  const parts = held.contents.flatMap((content) => content.parts ?? []);
  held.release();
  return parts.map(({ inlineData, text }) =>
    inlineData ? Buffer.from(inlineData.data ?? '', 'base64').length : text,
  );
}

test('a reference becomes the bytes of its version, with the type from the message; the history keeps the reference', async () => {
  await save('plan.pdf', 3);
  await save('plan.pdf', 4);
  const contents = [refersTo(uri('plan.pdf'), uri('plan.pdf', { version: 1 }))];
  const before = structuredClone(contents);
  const held = await withFiles(contents, openUri);
  expect(held.contents[0]?.parts?.[0]).toEqual({
    inlineData: { mimeType: 'application/pdf', data: 'AQEB' },
  });
  held.release();
  expect(held.contents).toEqual([]);
  expect(await sent(contents)).toEqual([3, 4]);
  expect(contents).toEqual(before);
});

test('a reference to a deleted file, a malformed one, or one of another session or person becomes a sentence', async () => {
  await save('theirs.pdf', 3, 's2');
  const gone = '[The file "a \\"b\\".pdf" is not stored in this conversation any more.]';
  expect(
    await sent([
      refersTo(
        uri('missing.pdf'),
        uri('theirs.pdf', { session: 's2' }),
        uri('plan.pdf', { userId: 'bob' }),
        'artifact://x',
      ),
    ]),
  ).toEqual([gone, gone, gone, gone]);
  const outsideTurn = await withFiles([refersTo(uri('plan.pdf'))], undefined);
  expect(outsideTurn.contents[0]?.parts).toEqual([{ text: gone }]);
  outsideTurn.release();
});

test('the newest files of a request are sent, up to its size limit; inline files count too', async () => {
  await save('large.pdf', MAX_FILE_BYTES - 10);
  await save('small.pdf', 8);
  const inline: Content = { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AQEB' } }] };
  const left = '[The file "a \\"b\\".pdf" was left out: newer files fill this request.]';
  const [large, small] = [refersTo(uri('large.pdf')), refersTo(uri('small.pdf'))];
  expect(await sent([large, small])).toEqual([MAX_FILE_BYTES - 10, 8]);
  expect(await sent([large, inline, small])).toEqual([left, 3, 8]);
  expect(await sent([small, inline, large])).toEqual([left, 3, MAX_FILE_BYTES - 10]);
});

test('at most two requests hold files at the same time; a third begins when one is released', async () => {
  const contents = [refersTo(uri('small.pdf'))];
  const [first, second] = await Promise.all([withFiles(contents, openUri), withFiles(contents, openUri)]);
  let hasBegun = false;
  const third = withFiles(contents, openUri).then((held) => ((hasBegun = true), held));
  await Bun.sleep(20);
  expect(hasBegun).toBe(false);
  first.release();
  first.release();
  (await third).release();
  second.release();
  expect(await sent(contents)).toEqual([8]);
});
