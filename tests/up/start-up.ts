import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, type Child } from '@lornu/ops/process/child.ts';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import type { UpResult } from '@lornu/ops/up/up.ts';

/** Starts `lornu up` with its files in `dataDir`; it ends with the process that called this, however that ends. */
export async function startUp(
  dataDir: string,
  args: string[] = [],
  env: Record<string, string> = {},
  cwd: string = join(import.meta.dir, '../..'),
): Promise<Child> {
  return startChild({
    name: 'lornu up',
    command: endingWithParent([
      process.execPath,
      'cli/main.ts',
      'up',
      '--json',
      '--data-dir',
      dataDir,
      ...args,
    ]),
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    logPath: `${dataDir}.log`,
    redact: (text) => text,
    stopWithinMs: 20_000,
  });
}

/** What `lornu up` prints once it answers; throws its last lines if it ends before. */
export async function ready(child: Child): Promise<UpResult> {
  for (;;) {
    const line = child.tail.find((text) => text.startsWith('{"url"'));
    if (line) return JSON.parse(line) as UpResult;
    const ended = await Promise.race([child.ended, Bun.sleep(50)]);
    if (ended) throw new Error(`lornu up ${ended}:\n${child.tail.join('\n')}`);
  }
}

/** Direct and indirect children of a process, from /proc. */
export async function descendants(pid: number): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(
      status
        .slice(status.lastIndexOf(')') + 1)
        .trim()
        .split(' ')[1],
    );
    if (parent !== pid) continue;
    const command = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    found.push({ pid: Number(name), command }, ...(await descendants(Number(name))));
  }
  return found;
}
