import { delimiter } from 'node:path';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { syncPython } from '@lornu/ops/setup/sync-python.ts';
import type { RehearsalContext } from '../run/rehearsal-context.ts';
import type { Runtime } from './images.ts';

/** Prepares a runtime on this machine, once: the Python agent's locked packages; the bundle needs nothing. */
export function createRuntimes(context: RehearsalContext): (runtime: Runtime) => Promise<void> {
  let python: Promise<void> | undefined;
  const install = async (): Promise<void> => {
    const folders = await ensureTools(['python', 'uv'], context, context.emit);
    const env = { ...context.env, PATH: [...folders, context.env['PATH']].join(delimiter) };
    await syncPython({ ...context, env }, () => {});
  };
  return async (runtime) => {
    if (runtime === 'fastapi') await (python ??= install());
  };
}
