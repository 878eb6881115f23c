import { describe, expect, test } from 'bun:test';
import { CliError, EXIT, renderCliError } from '../base/cli-error.ts';
import { runCommand, tryCommand } from './run-command.ts';

describe('a program that runs to its end', () => {
  test('returns its output, its last lines in order and its exit code', async () => {
    const lines: string[] = [];
    const result = await tryCommand(['sh', '-c', 'echo one; echo two >&2; printf three; exit 4'], {
      onLine: (line) => lines.push(line),
    });
    expect(result.exitCode).toBe(4);
    expect(result.stdout).toBe('one\nthree');
    expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
    expect(result.tail).toEqual(lines);
  });

  test('reads its input, or nothing', async () => {
    expect((await tryCommand(['cat'], { stdin: 'hello' })).stdout).toBe('hello');
    expect((await tryCommand(['cat'])).stdout).toBe('');
  });

  test('is ended with its children when it takes too long', async () => {
    // The grandchild holds our pipe: the test would wait for it if it survived.
    const result = await tryCommand(['sh', '-c', 'sleep 60 & wait'], { timeoutMs: 300 });
    expect(result).toMatchObject({ exitCode: undefined, signal: 'SIGTERM', timedOut: true });
    expect(result.elapsedMs).toBeLessThan(5_000);
  });

  test('is ended by an abort', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    const result = await tryCommand(['sleep', '60'], { signal: abort.signal });
    expect(result).toMatchObject({ signal: 'SIGTERM', timedOut: false });
  });
});

describe('a program that fails', () => {
  const failure = async (command: string[], timeoutMs?: number): Promise<CliError> => {
    const error = await runCommand(command, timeoutMs === undefined ? {} : { timeoutMs }).catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof CliError)) throw new Error('It should have failed with a CliError.');
    return error;
  };

  test('is reported with command, reason and last lines', async () => {
    const error = await failure(['sh', '-c', 'echo no such thing >&2; exit 3']);
    expect(renderCliError(error)).toContain('  | no such thing\n');
    expect(error.parts.why).toBe('"sh -c echo no such thing >&2; exit 3" ended with exit code 3.');
    expect(error.exitCode).toBe(EXIT.failed);
  });

  test('says when it took too long', async () => {
    expect((await failure(['sleep', '60'], 200)).parts.why).toBe('"sleep 60" took longer than 0.2 s.');
  });

  test('that does not exist is a problem of this machine', async () => {
    const error = await failure(['no-such-program-here']);
    expect(error.exitCode).toBe(EXIT.machine);
    expect(error.message).toBe("no-such-program-here can't be started.");
  });
});
