import { join } from 'node:path';
import { z } from 'zod';
import { startChild, type Child, childEnded } from '../process/child.ts';
import { MANY_REQUESTS, type StartContext } from './start-context.ts';

const STOP_MS = 3_000;
/** The line with which it announces its address. */
const ANNOUNCEMENT = z.object({ url: z.url() });

/** Starts the Gemini stand-in on a free port; resolves with its base URL once it listens. */
export async function startStandin(context: StartContext): Promise<{ child: Child; url: string }> {
  const announced = Promise.withResolvers<string>();
  const child = await startChild({
    name: 'The Gemini stand-in',
    command: [process.execPath, 'standins/gemini/main.ts', '--port', '0', '--until-stdin-ends'],
    cwd: context.root,
    // Nothing else of our environment, in particular no keys.
    env: { PATH: context.env['PATH'], ...MANY_REQUESTS },
    logPath: join(context.dataDir, 'logs/gemini-stand-in.log'),
    redact: context.redact,
    onLine: announced.resolve,
    stopWithinMs: STOP_MS,
  });
  const line = await Promise.race([announced.promise, child.ended.then((how) => ({ how }))]);
  if (typeof line !== 'string') throw childEnded(child, line.how);
  return { child, url: ANNOUNCEMENT.parse(JSON.parse(line)).url };
}
