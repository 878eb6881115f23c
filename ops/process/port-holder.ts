import { readdir, readFile, readlink } from 'node:fs/promises';
import { tryCommand } from './run-command.ts';

/**
 * The process that listens on this TCP port, such as "process 123 (bun serve.ts)"; undefined if it is free. Uses /proc
 * on Linux and lsof on other systems; if neither tells, returns "a process that can't be seen".
 */
export async function whoListens(port: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const inodes = await listeningInodes(port);
    if (inodes.size === 0) return undefined;
    return (await ownerOf(inodes)) ?? "a process that can't be seen from here";
  }
  const found = await tryCommand(['lsof', '-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']).catch(
    () => undefined,
  );
  const pid = /^p(\d+)/m.exec(found?.stdout ?? '')?.[1];
  return pid ? `process ${pid} (${/^c(.+)/m.exec(found?.stdout ?? '')?.[1] ?? 'unknown'})` : undefined;
}

async function listeningInodes(port: number): Promise<Set<string>> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local = '', , state] = fields;
      // State 0A is LISTEN.
      if (state === '0A' && local.endsWith(`:${wanted}`)) inodes.add(fields[9] ?? '');
    }
  }
  return inodes;
}

async function ownerOf(inodes: ReadonlySet<string>): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode && inodes.has(inode)) return `process ${pid} (${await commandLine(pid)})`;
    }
  }
  return undefined;
}

async function commandLine(pid: string): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const text = raw.split('\0').filter(Boolean).join(' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text || 'unknown';
}
