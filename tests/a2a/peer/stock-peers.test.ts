import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { z } from 'zod';
import { clientFor } from './odd-peer.ts';
import { serveAdkJs } from './stock/serve-adk-js.ts';

// Our client with peers from other code: google-adk's to_a2a (1.0) and the parts of adk-js's toA2a (0.3).

const root = join(import.meta.dir, '../../..');
const closing: (() => unknown)[] = [];
const urls = { 'google-adk (1.0)': '', 'adk-js (0.3)': '' };

beforeAll(async () => {
  const project = join(root, 'gcp-agent');
  await runCommand(['uv', 'sync', '--frozen', '--quiet'], {
    cwd: project,
    timeoutMs: 300_000,
    what: 'The Python environment of gcp-agent/ could not be created.',
  });
  const python = Bun.spawn({
    cmd: endingWithParent([join(project, '.venv/bin/python'), join(import.meta.dir, 'stock/serve.py')]),
    cwd: project,
    stdout: 'pipe',
    stderr: 'ignore',
  });
  closing.push(() => python.kill());
  const adkJs = await serveAdkJs();
  closing.push(adkJs.stop);
  urls['adk-js (0.3)'] = adkJs.url;
  const announced = z.object({ url: z.url() }).parse(JSON.parse(await readFirstLine(python.stdout)));
  urls['google-adk (1.0)'] = announced.url;
});
afterAll(() => {
  for (const close of closing) close();
});

describe.each(['google-adk (1.0)', 'adk-js (0.3)'] as const)("%s's own server", (name) => {
  const ask = async (text: string, onText?: (piece: string) => void) =>
    clientFor(urls[name]).client.ask(text, { metadata: {}, ...(onText ? { onText } : {}) });

  test('is understood: the text once, however often it is sent', async () => {
    const shown: string[] = [];
    expect(await ask('hello', (text) => shown.push(text))).toEqual({
      name: 'stock',
      text: 'All is well.',
      isCut: false,
    });
    expect(shown.join('')).toBe('All is well.');
  });

  test('sends files, which are named', async () => {
    expect((await ask('a file')).text).toMatch(/^Here it is: \[a file.*image\/png: not shown here\]$/);
  });

  test('sends tool calls, which are omitted', async () => {
    const { text } = await ask('a tool');
    expect(text).toBe('Done with the tool.');
  });

  test('asks a question', async () => {
    expect((await ask('please confirm')).question).toBeString();
  });

  test('fails, and its reason is not passed on', async () => {
    const error: unknown = await ask('please fail').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'failed' });
    expect(String(error)).not.toContain('secret of the peer');
  });

  test('never ends, and is cancelled', async () => {
    const leaving = new AbortController();
    const { client } = clientFor(urls[name], { withinMs: 1_000 });
    const asking = client.ask('endless', { metadata: {}, signal: leaving.signal });
    const error: unknown = await asking.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'slow' });
  });
});

/** The first line that a program prints: its address. */
async function readFirstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of output) {
    text += decoder.decode(piece, { stream: true });
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  throw new Error(`The program ended before it said where it listens: ${text}`);
}
