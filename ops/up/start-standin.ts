import { join } from 'node:path';
import { BUN_SERVER_ENV } from '@lornu/standins/gemini/spawn.ts';
import { z } from 'zod';
import { startChild, type Child, childEnded } from '../process/child.ts';
import type { StartContext } from './start-context.ts';

const STOP_MS = 3_000;
const URL_ANNOUNCED = z.object({ url: z.url() });
const HOST_ANNOUNCED = z.object({ host: z.string() });

/** Starts the Gemini stand-in on a free port; resolves with its base URL once it listens. */
export async function startGemini(context: StartContext): Promise<{ child: Child; url: string }> {
  return start(context, 'gemini', 'The Gemini stand-in', URL_ANNOUNCED, { env: BUN_SERVER_ENV });
}

/** Starts the Google stand-in, which issues tokens for both agents; resolves once it listens. */
export async function startGoogle(context: StartContext): Promise<{ child: Child; url: string }> {
  return start(context, 'google', 'The stand-in for Google', URL_ANNOUNCED);
}

/**
 * Starts the Firestore stand-in on a free port; resolves with its host and port once it listens. Without a database
 * name, it accepts every one.
 */
export async function startFirestore(
  context: StartContext,
  databases: readonly string[] = [],
): Promise<{ child: Child; host: string }> {
  return start(context, 'firestore', 'The Firestore stand-in', HOST_ANNOUNCED, {
    args: databases.flatMap((id) => ['--database', id]),
    env: { LORNU_FIRESTORE_EMULATOR: context.env['LORNU_FIRESTORE_EMULATOR'] },
  });
}

/** `announcement`: the line with which it announces its address. */
async function start<T>(
  context: StartContext,
  folder: string,
  name: string,
  announcement: z.ZodType<T>,
  { args = [], env = {} }: { args?: readonly string[]; env?: StartContext['env'] } = {},
): Promise<{ child: Child } & T> {
  const announced = Promise.withResolvers<string>();
  const child = await startChild({
    name,
    command: [process.execPath, `standins/${folder}/main.ts`, '--port', '0', '--until-stdin-ends', ...args],
    cwd: context.root,
    // Nothing else of our environment, in particular no keys.
    env: { PATH: context.env['PATH'], ...env },
    logPath: join(context.dataDir, `logs/${folder}-stand-in.log`),
    redact: context.redact,
    onLine: announced.resolve,
    stopWithinMs: STOP_MS,
  });
  const line = await Promise.race([announced.promise, child.ended.then((how) => ({ how }))]);
  if (typeof line !== 'string') throw childEnded(child, line.how);
  return { child, ...announcement.parse(JSON.parse(line)) };
}
