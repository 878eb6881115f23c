import { readFile } from 'node:fs/promises';

/** The label on every container and image of a rehearsal that names the owning process. */
export const OWNER_LABEL = 'ai.lornu.rehearsal';

/** This process, named so that a later one with the same number is another: number and start, in the kernel's ticks. */
export async function ownName(): Promise<string> {
  return `${process.pid}-${await startOf(process.pid)}`;
}

export async function isAlive(owner: string): Promise<boolean> {
  const [pid = '', start] = owner.split('-');
  return start !== undefined && (await startOf(Number(pid))) === start;
}

async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in brackets may hold spaces; behind it the start is the 20th.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
