import { describe, expect, test } from 'bun:test';
import { Command } from 'commander';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { nowhere, runCaptured } from '../captured-run.ts';
import { COMMANDS } from '../command-table.ts';

/** Runs a command line on a machine that has nothing: anything it started would fail visibly. */
const run = async (...argv: string[]) => runCaptured(argv);

interface Line {
  /** The words of a command or subcommand. */
  words: string[];
  /** Its required arguments. */
  required: string[];
}

async function everyCommand(): Promise<Line[]> {
  const lines: Line[] = [];
  const quiet = nowhere();
  for (const row of COMMANDS) {
    const command = new Command(row.name);
    (await row.load()).define(command, quiet, () => undefined);
    lines.push(
      lineOf(command, row.name),
      ...command.commands.map((part) => lineOf(part, row.name, part.name())),
    );
  }
  return lines;
}

function lineOf({ options }: Command, ...words: string[]): Line {
  const required = options
    .filter(({ mandatory }) => mandatory)
    .flatMap(({ long }) => [long ?? '', 'anything']);
  return { words, required };
}

const LINES = await everyCommand();

describe.each(LINES.map((line) => [line.words.join(' '), line] as const))(
  'lornu %s',
  (name, { words, required }) => {
    test('has help, with a sentence for each option', async () => {
      const { code, stdout, stderr } = await run(...words, '--help');
      expect([code, stderr]).toEqual([EXIT.ok, '']);
      expect(stdout).toStartWith(`Usage: lornu ${name}`);
      expect(stdout).not.toContain('default: []');
      expect(stdout).not.toMatch(/^ {2}-[^ ]*(, --[^ ]+)?( <[^>]+>| \[[^\]]+\])?$\n(?! {8})/m);
    });

    test('refuses an unknown option before it does anything', async () => {
      const { code, stdout, stderr } = await run(...words, ...required, '--envv');
      expect([code, stdout]).toEqual([EXIT.usage, '']);
      expect(stderr).toStartWith("error: unknown option '--envv'");
    });
  },
);

/** Commands that a pipeline or script runs to deliver staging. */
const DELIVERY = ['plan', 'apply', 'deploy', 'rollback', 'drift', 'cost', 'secrets'];

test('every delivery command documents its exit codes and has machine-readable output', async () => {
  const lines = LINES.filter(({ words: [name = ''] }) => DELIVERY.includes(name));
  const shown = await Promise.all(
    lines.map(async ({ words }) => ({ words, help: (await run(...words, '--help')).stdout })),
  );
  const names = (part: typeof shown) => part.map(({ words }) => words.join(' '));
  const withCodes = shown.filter(({ help }) => help.includes('Exit codes: 0 ')).map(({ words }) => words[0]);
  expect(DELIVERY.filter((name) => !withCodes.includes(name))).toEqual([]);
  expect(names(shown.filter(({ help }) => !help.includes('--json')))).toEqual([
    // It only has subcommands.
    'secrets',
  ]);
});

test('every command and subcommand shows examples', async () => {
  const shown = await Promise.all(
    LINES.map(async ({ words }) => ({ words, help: (await run(...words, '--help')).stdout })),
  );
  const withExamples = shown.filter(({ help }) => /^Examples?:/m.test(help)).map(({ words }) => words[0]);
  expect(COMMANDS.map(({ name }) => name).filter((name) => !withExamples.includes(name))).toEqual([]);
});
