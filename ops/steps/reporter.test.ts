import { expect, test } from 'bun:test';
import { createReporter } from './reporter.ts';

test('shows no progress while a person is asked something', async () => {
  const shown: string[] = [];
  const reporter = createReporter({
    stderr: (text) => void shown.push(text),
    terminal: { columns: 80, color: false },
    redact: (text) => text,
    signal: new AbortController().signal,
  });
  reporter.emit({ kind: 'begin', id: 'a', title: 'Build the page', atMs: Date.now() });
  const meanwhile = await reporter.aside(async () => {
    const before = shown.length;
    await Bun.sleep(400);
    return shown.slice(before);
  });
  expect(meanwhile).toEqual([]);
  const before = shown.length;
  while (shown.length === before) await Bun.sleep(10);
  expect(shown[before]).toContain('Build the page');
  reporter.close();
});
