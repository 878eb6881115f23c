import { MODEL } from '@lornu/agents/model.ts';
import { createStandin } from '@lornu/standins/gemini/server.ts';
import { describe, expect, test } from 'bun:test';
import { probeCommand } from './inside-probe.ts';

/** The exit code of the probe against this stand-in. */
async function exitCode(
  isPython: boolean,
  standin: { retired?: string[]; answersAs?: string },
  key = 'a-key',
): Promise<number> {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: createStandin({ chunks: 3, delayMs: 0, ...standin }),
  });
  const [, ...rest] = probeCommand(isPython);
  const child = Bun.spawn([isPython ? 'python3' : process.execPath, ...rest], {
    env: { PATH: process.env['PATH'], GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: server.url.origin },
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const code = await child.exited;
  await server.stop(true);
  return code;
}

describe.each([
  ['bun', false],
  ['python', true],
])('the probe in %s', (_name, isPython) => {
  test('tells by its exit code which model answers', async () => {
    expect(await exitCode(isPython, {})).toBe(0);
    expect(await exitCode(isPython, { answersAs: `${MODEL}-001` })).toBe(0);
    expect(await exitCode(isPython, { answersAs: `${MODEL}-lite` })).toBe(24);
    expect(await exitCode(isPython, { retired: [MODEL] })).toBe(25);
    expect(await exitCode(isPython, {}, 'invalid')).toBe(22);
    expect(await exitCode(isPython, {}, '')).toBe(20);
  });
});
