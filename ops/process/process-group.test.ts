import { afterEach, expect, test } from 'bun:test';
import { readLines, type CommandOptions } from './run-command.ts';
import { isAlive } from './is-alive.ts';

/**
 * A program that runs a shell script with tryCommand, prints its lines, interrupts it when it has printed its process,
 * and then does the rest.
 */
const starter = (script: string, options: CommandOptions, rest: string): string => `
  const { endGroups } = await import('./process-group.ts');
  const { tryCommand } = await import('./run-command.ts');
  const interrupt = new AbortController();
  const lines = [];
  const untilLines = async (count) => { while (lines.length < count) await Bun.sleep(5); };
  void tryCommand(['sh', '-c', ${JSON.stringify(script)}], {
    ...${JSON.stringify(options)},
    signal: interrupt.signal,
    onLine: (line) => console.log(lines[lines.length] = line),
  });
  await untilLines(1);
  interrupt.abort();
  ${rest}
`;

let group = 0;
afterEach(() => {
  if (isAlive(-group)) process.kill(-group, 'SIGKILL');
});

/** The lines of the script without the first, which is its process. */
async function run(script: string, options: CommandOptions, rest: string): Promise<string[]> {
  const child = Bun.spawn([process.execPath, '-e', starter(script, options, rest)], {
    cwd: import.meta.dir,
    stdout: 'pipe',
  });
  const lines: string[] = [];
  await readLines(child.stdout, (line) => lines.push(line));
  expect(await child.exited).toBe(0);
  group = Number(lines.shift());
  expect(group).toBeGreaterThan(1);
  return lines;
}

async function untilGone(): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (isAlive(-group) && performance.now() < deadline) await Bun.sleep(10);
  expect(isAlive(-group)).toBe(false);
}

const FOREVER = 'while :; do sleep 0.05; done';
/** It and its child ignore SIGTERM. */
const STUBBORN = `trap "" TERM; (${FOREVER}) & echo $$; ${FOREVER}`;

test('a program that ignores SIGTERM ends with this process, and its children, too', async () => {
  await run(STUBBORN, {}, 'process.exit();');
  await untilGone();
});

test('it is killed when all groups are to end', async () => {
  const rest = 'await endGroups(60_000); console.log("waited"); process.exit();';
  expect(await run(STUBBORN, {}, rest)).toEqual(['waited']);
  await untilGone();
});

test('a program with a stop signal of its own gets it again instead, and may finish', async () => {
  const unlocks = `trap 'trap "sleep 0.2; echo unlocked; exit" INT; echo stopping' INT; echo $$; ${FOREVER}`;
  const stop = { signal: 'SIGINT', withinMs: 60_000 } as const;
  const rest = 'await untilLines(2); await endGroups(60_000); await untilLines(3); process.exit();';
  expect(await run(unlocks, { stop }, rest)).toEqual(['stopping', 'unlocked']);
});
