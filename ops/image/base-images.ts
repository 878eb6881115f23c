import { join } from 'node:path';
import { tryCommand } from '../process/run-command.ts';
import type { Engine } from './engine.ts';

/** The Dockerfile's arguments that name base images. */
export const BASE_ARGS = ['BUN_IMAGE', 'PYTHON_IMAGE', 'UV_IMAGE'] as const;
export type BaseArg = (typeof BASE_ARGS)[number];

const PULL_MS = 300_000;

/** The Dockerfile's own base images. */
export async function readBaseDefaults(root: string): Promise<Record<BaseArg, string>> {
  const text = await Bun.file(join(root, 'Dockerfile')).text();
  const defaults = BASE_ARGS.map((arg) => {
    const image = new RegExp(`^ARG ${arg}=(\\S+)$`, 'm').exec(text)?.[1];
    if (!image) throw new Error(`The Dockerfile has no line "ARG ${arg}=image".`);
    return [arg, image] as const;
  });
  return Object.fromEntries(defaults) as Record<BaseArg, string>;
}

/** Pulls the image unless it is local; returns the registry's or network's error if that fails. */
export async function pullBase(
  engine: Engine,
  image: string,
  signal: AbortSignal,
): Promise<{ failure?: string }> {
  const inspect = engine.kind === 'buildah' ? ['inspect', '--type', 'image'] : ['image', 'inspect'];
  if ((await tryCommand([engine.path, ...inspect, image])).exitCode === 0) return {};
  const pulled = await tryCommand([engine.path, 'pull', image], { timeoutMs: PULL_MS, signal });
  if (pulled.exitCode === 0) return {};
  return { failure: pulled.tail.at(-1) ?? 'no reason given' };
}
