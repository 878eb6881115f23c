import { expect, test } from 'bun:test';
import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../../cli/command-table.ts';
import { parseWorkflow } from './workflow.ts';

const text = readFileSync(join(import.meta.dir, '../../../.github/workflows/terraform-aws.yml'), 'utf8');
const lines = Object.values(parseWorkflow(text).jobs)
  .flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.trim()))
  .filter((line) => line.startsWith('./lornu '));

test('every lornu command of the workflow exists, with its options', async () => {
  expect(lines.length).toBeGreaterThan(12);
  for (const line of lines) {
    const words = line.split(' ').slice(1);
    const row = COMMANDS.find(({ name }) => name === words[0]);
    expect(row?.name, line).toBe(words[0] ?? '');
    let command = new Command(words[0]);
    (await row?.load())?.define(command, {} as never, () => {});
    while (command.commands.some((one) => one.name() === words[1])) {
      words.shift();
      command = command.commands.find((one) => one.name() === words[0]) ?? command;
    }
    const options = words.filter((word) => word.startsWith('--'));
    const known = command.options.map(({ long }) => long);
    expect(known, line).toEqual(expect.arrayContaining(options));
  }
});
