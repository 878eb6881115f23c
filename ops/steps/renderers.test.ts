import { describe, expect, test } from 'bun:test';
import { createPlainRenderer } from './plain-renderer.ts';
import type { Emit, StepEvent } from './step-events.ts';
import { createTtyRenderer } from './tty-renderer.ts';

/** The same events for both renderers: a step that passes, one that is skipped, one that fails beside a slow one. */
const STORY: StepEvent[] = [
  {
    kind: 'plan',
    steps: [
      { id: 'a', title: 'Build the page' },
      { id: 'b', title: 'Fetch uv' },
      { id: 'c', title: 'Run the tests' },
      { id: 'd', title: 'Check the links' },
    ],
  },
  { kind: 'begin', id: 'a', title: 'Build the page', atMs: 0 },
  { kind: 'output', id: 'a', line: 'bundled 12 files' },
  { kind: 'tick', atMs: 500 },
  { kind: 'end', id: 'a', outcome: 'done', elapsedMs: 1_200, detail: '12 files' },
  { kind: 'end', id: 'b', outcome: 'skipped', elapsedMs: 0, detail: 'it is here' },
  { kind: 'note', text: 'Two lanes from here on.' },
  { kind: 'begin', id: 'c', title: 'Run the tests', atMs: 2_000 },
  { kind: 'begin', id: 'd', title: 'Check the links', atMs: 2_000 },
  {
    kind: 'output',
    id: 'c',
    line: '\u001b[31mexpected 1\u001b[39m, a line that is far too long for this terminal',
  },
  { kind: 'tick', atMs: 33_000 },
  {
    kind: 'end',
    id: 'c',
    outcome: 'failed',
    elapsedMs: 95_000,
    detail: '1 failed',
    output: ['expected 1', 'got 2'],
  },
  { kind: 'end', id: 'd', outcome: 'done', elapsedMs: 96_000 },
];

function tell(create: (write: (text: string) => void) => Emit): string {
  let out = '';
  const emit = create((text) => (out += text));
  for (const event of STORY) emit(event);
  return out;
}

const ESC = '\u001b\\[';

/** The final content of a terminal; supports the few control sequences that the renderer uses. */
function screen(text: string): string {
  const lines: string[] = [];
  for (const part of text.split(new RegExp(`(${ESC}\\d+A${ESC}0J)`))) {
    const up = new RegExp(`${ESC}(\\d+)A`).exec(part);
    if (up) lines.splice(lines.length - Number(up[1]));
    else lines.push(...part.split('\n').slice(0, -1));
  }
  return lines.join('\n');
}

describe('the plain renderer', () => {
  test('writes a line at each start and end, and repeats a step that is silent for long', () => {
    expect(tell(createPlainRenderer)).toMatchInlineSnapshot(`
      "4 steps
      ... Build the page
      ok  Build the page (1.2 s): 12 files
      --  Fetch uv skipped: it is here
      Two lanes from here on.
      ... Run the tests
      ... Check the links
      ... Run the tests, still running (31 s)
      ... Check the links, still running (31 s)
          | expected 1
          | got 2
      NO  Run the tests (1 min 35 s): 1 failed
      ok  Check the links (1 min 36 s)
      "
    `);
  });
});

describe('the terminal renderer', () => {
  const plain = { columns: 40, color: false };

  test('leaves one line for each step, and the output of the one that failed', () => {
    expect(screen(tell((write) => createTtyRenderer(write, plain)))).toMatchInlineSnapshot(`
      "ok Build the page (1.2 s): 12 files
      -- Fetch uv skipped: it is here
      Two lanes from here on.
          | expected 1
          | got 2
      NO Run the tests (1 min 35 s): 1 failed
      ok Check the links (1 min 36 s)"
    `);
  });

  test('takes its running steps off the terminal for a question', () => {
    let out = '';
    const emit = createTtyRenderer((text) => (out += text), plain);
    for (const event of [...STORY.slice(0, 11), { kind: 'pause' } as const]) emit(event);
    out += 'Go on? [y/N] y\n';
    emit({ kind: 'tick', atMs: 34_000 });
    expect(screen(out)).toMatchInlineSnapshot(`
      "ok Build the page (1.2 s): 12 files
      -- Fetch uv skipped: it is here
      Two lanes from here on.
      Go on? [y/N] y
      \\  Run the tests (32 s)
         expected 1, a line that is far to...
      \\  Check the links (32 s)"
    `);
  });

  test('shows running steps, their last line of output cut to the width, and how many are waiting', () => {
    let out = '';
    const emit = createTtyRenderer((text) => (out += text), plain);
    for (const event of STORY.slice(0, 11)) emit(event);
    expect(screen(out)).toMatchInlineSnapshot(`
      "ok Build the page (1.2 s): 12 files
      -- Fetch uv skipped: it is here
      Two lanes from here on.
      -  Run the tests (31 s)
         expected 1, a line that is far to...
      -  Check the links (31 s)"
    `);
  });

  test('colours only the marks and the grey lines', () => {
    const out = tell((write) => createTtyRenderer(write, { columns: 40, color: true }));
    expect(out).toContain('\u001b[32mok\u001b[39m Build the page');
    expect(out).toContain('\u001b[31mNO\u001b[39m Run the tests');
    expect(Bun.stripANSI(screen(out))).toBe(screen(tell((write) => createTtyRenderer(write, plain))));
  });
});
