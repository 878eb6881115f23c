import { join } from 'node:path';
import { tryCommand } from '../process/run-command.ts';
import type { Tool } from './tools.ts';

export interface FoundTool {
  path: string;
  version: string;
}

export interface FindContext {
  cacheDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Debian's folders for servers and administration tools, which are not always on PATH. */
export const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where pip installs our pinned tool. */
export function pipFolder(tool: Tool, cacheDir: string): string {
  return join(cacheDir, 'tools', `${tool.name}-${tool.pinned}`);
}

/** Where `go install` puts our pinned tool. */
export function goFolder(tool: Tool, cacheDir: string): string {
  return join(cacheDir, 'tools', `${tool.name}-${tool.pinned}`, 'bin');
}

/** The tool in the cache or on PATH; undefined if there is none, or only in another version than the pinned one. */
export async function findTool(tool: Tool, context: FindContext): Promise<FoundTool | undefined> {
  if (tool.go) {
    const path = Bun.which(tool.programs?.[0] ?? tool.name, { PATH: goFolder(tool, context.cacheDir) });
    return path ? { path, version: tool.pinned ?? '' } : undefined;
  }
  const searchPath = [
    tool.pip ? join(pipFolder(tool, context.cacheDir), 'bin') : '',
    context.env['PATH'] ?? '',
    ...SYSTEM_DIRS,
  ]
    .filter(Boolean)
    .join(':');
  for (const program of tool.programs ?? [tool.name]) {
    const path = Bun.which(program, { PATH: searchPath });
    if (!path) continue;
    const found = await versionOf(path, tool);
    if (found && (tool.pinned === undefined || found === tool.pinned)) return { path, version: found };
  }
  return undefined;
}

async function versionOf(path: string, tool: Tool): Promise<string | undefined> {
  const result = await tryCommand([path, tool.versionArg ?? '--version'], { timeoutMs: 20_000 }).catch(
    () => undefined,
  );
  if (result?.exitCode !== 0) return undefined;
  return /\d+(?:\.\d+)+/.exec(`${result.stdout}\n${result.tail.join('\n')}`)?.[0];
}
