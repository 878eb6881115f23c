import { readFile } from 'node:fs/promises';

/** The label on every container and image of a rehearsal that names the owning process. */
export const OWNER_LABEL = 'ai.lornu.rehearsal';

/** This process's pid and start time in the kernel's ticks, so that a later process with the same pid differs. */
export async function ownName(): Promise<string> {
  return `${process.pid}-${await startOf(process.pid)}`;
}

export async function isAlive(owner: string): Promise<boolean> {
  const [pid = '', start] = owner.split('-');
  return start !== undefined && (await startOf(Number(pid))) === start;
}

async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may contain spaces; the start is the 20th field after it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
