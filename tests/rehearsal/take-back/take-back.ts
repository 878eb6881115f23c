import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { apply } from '@lornu/rehearsal/run/apply.ts';
import { destroy } from '@lornu/rehearsal/run/destroy.ts';
import { root, temporaryRehearsal } from '../whole/kit.ts';
import type { Edit, Fault } from './faults.ts';

/** Rehearses the apply of stacks without these corrections; everything that was said, the error last. */
export async function takeBack(faults: readonly Fault[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-take-back-'));
  const rehearsal = await temporaryRehearsal();
  const said: string[] = [];
  try {
    await cp(join(root, 'terraform/aws'), join(folder, 'terraform/aws'), { recursive: true });
    for (const { edits } of faults)
      for (const edit of edits) await editOnce(join(folder, 'terraform/aws', edit.file), edit);
    const emit = (event: unknown): void => void said.push(JSON.stringify(event));
    const context = { ...rehearsal.context, root: folder, emit };
    await apply({ provider: 'auto', port: 0, variableArguments: [], endsWithUs: true }, context);
    said.push('nothing was refused');
    await destroy(context);
  } catch (error) {
    said.push(error instanceof CliError ? JSON.stringify(error.parts) : String(error));
  } finally {
    await rehearsal.remove();
    await rm(folder, { recursive: true, force: true });
  }
  return said.join('\n');
}

async function editOnce(path: string, edit: Edit): Promise<void> {
  const text = await readFile(path, 'utf8');
  const within = 'of' in edit && edit.of ? documentOf(text, edit.of) : text;
  const from = 'from' in edit ? edit.from : statementOf(within, edit.statement);
  const to = 'to' in edit ? edit.to : '';
  if (from === '' || within.split(from).length !== 2)
    throw new Error(`${path} does not hold exactly once: ${JSON.stringify(edit)}`);
  const changed = within.replace(from, () => to);
  await writeFile(
    path,
    text.replace(within, () => changed),
  );
}

/** The block of a policy document; "" if there is none. */
export function documentOf(text: string, name: string): string {
  const begin = text.indexOf(`data "aws_iam_policy_document" "${name}" {\n`);
  return begin < 0 ? '' : text.slice(begin, text.indexOf('\n}\n', begin) + 3);
}

/** The block of a policy document whose sid this is; "" if there is none. */
export function statementOf(text: string, sid: string): string {
  const blocks = text.match(/^ {2}statement \{\n(?: {3,}.*\n|\n)*? {2}\}\n/gm) ?? [];
  return blocks.find((block) => new RegExp(`^ {4}sid += "${sid}"$`, 'm').test(block)) ?? '';
}
