import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../base/cli-error.ts';
import { MAX_SECRET_BYTES, readSecretValue } from './read-secret-value.ts';

const input = (...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (stream) => {
      for (const chunk of chunks)
        stream.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      stream.close();
    },
  });

const { signal } = new AbortController();

const fromStdin = (...chunks: (string | Uint8Array)[]) =>
  readSecretValue({ stdin: input(...chunks), isTerminal: false, signal });

async function whyRefused(run: Promise<string>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CliError);
  return (error as CliError).parts.why;
}

describe('readSecretValue', () => {
  test('waits for standard input until it is interrupted', async () => {
    const interrupt = new AbortController();
    const stdin = new ReadableStream<Uint8Array>({ pull: () => interrupt.abort(new Error('Interrupted.')) });
    const reading = readSecretValue({ stdin, isTerminal: false, signal: interrupt.signal });
    expect(await reading.catch((error: Error) => error.message)).toBe('Interrupted.');
  });

  test('joins a value that arrives in pieces, and removes one line end', async () => {
    expect(await fromStdin('abc', 'def\n')).toBe('abcdef');
    expect(await fromStdin('abc\r\n')).toBe('abc');
    expect(await fromStdin('line 1\nline 2\n\n')).toBe('line 1\nline 2\n');
  });

  test('keeps a character that the pipe cuts in two', async () => {
    const bytes = new TextEncoder().encode('schlüssel');
    expect(await fromStdin(bytes.subarray(0, 5), bytes.subarray(5))).toBe('schlüssel');
  });

  test('reads a file like standard input', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'secret-'));
    try {
      const file = join(dir, 'key');
      await Bun.write(file, 'from a file\n');
      expect(await readSecretValue({ file, stdin: input(), isTerminal: true, signal })).toBe('from a file');
      await Bun.write(file, 'x'.repeat(MAX_SECRET_BYTES + 1));
      expect(await whyRefused(readSecretValue({ file, stdin: input(), isTerminal: true, signal }))).toContain(
        'longer',
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test.each([
    ['nothing', ''],
    ['only a line end', '\n'],
  ])('%s is refused', async (_what, text) => {
    expect(await whyRefused(fromStdin(text))).toContain('empty');
  });

  test('refuses bytes that are not text', async () => {
    expect(await whyRefused(fromStdin(new Uint8Array([0xff, 0xfe])))).toContain('UTF-8');
  });

  test('accepts the longest allowed value and refuses one byte more', async () => {
    expect(await fromStdin('x'.repeat(MAX_SECRET_BYTES))).toHaveLength(MAX_SECRET_BYTES);
    expect(await whyRefused(fromStdin('x'.repeat(MAX_SECRET_BYTES + 1)))).toContain('longer');
  });

  test('refuses a terminal before anything is typed', async () => {
    expect(await whyRefused(readSecretValue({ stdin: input('typed'), isTerminal: true, signal }))).toContain(
      'shown',
    );
  });

  test('names a file that does not exist', async () => {
    expect(
      await whyRefused(readSecretValue({ file: '/nowhere/key', stdin: input(), isTerminal: false, signal })),
    ).toContain('/nowhere/key');
  });
});
