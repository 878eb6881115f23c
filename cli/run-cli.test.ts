import { describe, expect, test } from 'bun:test';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { runStep } from '@lornu/ops/steps/run-steps.ts';
import { runCaptured } from './captured-run.ts';
import type { CommandRow } from './command-table.ts';

const greet: CommandRow = {
  name: 'greet',
  summary: 'say hello',
  load: async () => ({
    define: (command, context, finish) => {
      command
        .argument('[name]')
        .option('--loud', 'shout')
        .option('--json', 'as JSON')
        .action((name: string | undefined, flags: { loud?: boolean }) => {
          if (name === 'nobody')
            throw new CliError({ what: 'Nobody is here.', why: 'a-key-of-ours', next: 'Wait.' });
          if (name === 'late') context.stdout('{"greeting":"hello"}\n');
          if (name === 'late') throw new CliError({ what: 'Too late.', why: 'x', next: 'x' });
          if (name === 'full')
            throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC', path: '/cache/a-file' });
          if (name === 'bug') throw new TypeError('undefined is not a greeting');
          context.stdout(flags.loud ? 'HELLO\n' : 'hello\n');
          finish(name === 'sad' ? EXIT.failed : EXIT.ok);
        });
    },
  }),
};
const never: CommandRow = {
  name: 'never',
  summary: 'is not loaded',
  load: () => Promise.reject(new Error('loaded although nobody asked')),
};

const interrupted = new AbortController();
interrupted.abort();
/** A command whose step fails after Ctrl-C. */
const stopped = (error: Error): CommandRow => ({
  name: 'stopped',
  summary: 'is interrupted',
  load: async () => ({
    define: (command, context) => {
      command.action(async () => {
        const { emit, close } = createReporter(context);
        close();
        const run = async (): Promise<never> => {
          throw error;
        };
        await runStep({ id: 'a', title: 'Build it', run }, emit, () => 0);
      });
    },
  }),
});
const runStopped = async (error: Error) =>
  runCaptured(['stopped'], { signal: interrupted.signal }, [stopped(error)]);

const run = async (...argv: string[]) =>
  runCaptured(argv, { redact: (text) => text.replaceAll('a-key-of-ours', '[secret]') }, [greet, never]);

describe('a command line', () => {
  test('runs only its command, with the result on stdout', async () => {
    expect(await run('greet', '--loud')).toEqual({ code: 0, stdout: 'HELLO\n', stderr: '' });
  });

  test("exits with the command's code", async () => {
    expect((await run('greet', 'sad')).code).toBe(1);
  });

  test('with an unknown command is refused with a suggestion', async () => {
    const { code, stdout, stderr } = await run('great');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toStartWith("error: unknown command 'great'\n(Did you mean greet?)");
  });

  test('with an unknown flag is refused with a suggestion', async () => {
    const { code, stdout, stderr } = await run('greet', '--lud');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toStartWith("error: unknown option '--lud'\n(Did you mean --loud?)");
  });

  test('with too many arguments is refused', async () => {
    expect((await run('greet', 'a', 'b')).code).toBe(2);
  });

  test('that is empty lists the commands, as a usage error', async () => {
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('greet');
  });

  test('--help goes to stdout and loads no command', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('say hello');
    expect(stdout).toContain('Exit codes:');
  });
});

describe('Ctrl-C', () => {
  test('is named, and not what it caused', async () => {
    const failed = new CliError({ what: 'It could not be built.', why: 'SIGTERM', next: 'Fix it.' });
    expect(await runStopped(failed)).toEqual({
      code: 130,
      stdout: '',
      stderr: '... Build it\nNO  Build it (0.0 s): interrupted\n\nInterrupted.\n',
    });
  });

  test('leaves what a person must know', async () => {
    const partly = { what: 'Half of it is done.', why: 'It was interrupted.', next: 'Go on.' };
    const { code, stderr } = await runStopped(new CliError({ ...partly, exitCode: EXIT.interrupted }));
    expect([code, stderr]).toEqual([130, expect.stringContaining('\nHalf of it is done.\n')]);
  });
});

describe('a failure', () => {
  test('that is expected shows what, why and next, masked, without a stack', async () => {
    const { code, stderr } = await run('greet', 'nobody');
    expect(code).toBe(1);
    expect(stderr).toBe('\nNobody is here.\n  why:  [secret]\n  next: Wait.\n');
  });

  test('of the disk or its permissions is a sentence, not a bug', async () => {
    const { code, stderr } = await run('greet', 'full');
    expect(code).toBe(3);
    expect(stderr).toStartWith("\n/cache/a-file can't be used.\n  why:  The disk is full");
  });

  test('that is a bug shows its stack and has its own exit code', async () => {
    const { code, stderr } = await run('greet', 'bug');
    expect(code).toBe(70);
    expect(stderr).toContain('TypeError: undefined is not a greeting\n    at ');
  });

  test.each<[string, string[], unknown]>([
    [
      'that is expected',
      ['nobody'],
      { error: { what: 'Nobody is here.', why: '[secret]', next: 'Wait.' }, exitCode: 1 },
    ],
    [
      'of the usage',
      ['a', 'b'],
      { error: { what: expect.stringContaining('too many arguments') }, exitCode: 2 },
    ],
    ['that is a bug', ['bug'], { error: { what: 'lornu met a bug of its own.' }, exitCode: 70 }],
  ])('%s is JSON on stdout with --json', async (_what, words, failure) => {
    const { stdout, stderr } = await run('greet', '--json', ...words);
    expect(JSON.parse(stdout)).toMatchObject(failure as object);
    expect(stderr).not.toBe('');
  });

  test('after a result adds nothing to it', async () => {
    const { code, stdout } = await run('greet', '--json', 'late');
    expect([code, stdout]).toEqual([1, '{"greeting":"hello"}\n']);
  });
});
