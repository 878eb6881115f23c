import { join } from 'node:path';
import { z } from 'zod';
import { startChild, type Child, childEnded } from '../process/child.ts';
import type { StartContext } from './start-context.ts';

const STOP_MS = 3_000;
/** The line with which it announces its address. */
const ANNOUNCEMENT = z.object({ host: z.string() });

/**
 * Starts the Firestore stand-in on a free port; resolves with its host and port once it listens. Without a database
 * name, it accepts every one.
 */
export async function startFirestore(
  context: StartContext,
  databases: readonly string[] = [],
): Promise<{ child: Child; host: string }> {
  const announced = Promise.withResolvers<string>();
  const child = await startChild({
    name: 'The Firestore stand-in',
    command: [
      process.execPath,
      'standins/firestore/main.ts',
      '--port',
      '0',
      '--until-stdin-ends',
      ...databases.flatMap((id) => ['--database', id]),
    ],
    cwd: context.root,
    env: {
      PATH: context.env['PATH'],
      LORNU_FIRESTORE_EMULATOR: context.env['LORNU_FIRESTORE_EMULATOR'],
    },
    logPath: join(context.dataDir, 'logs/firestore-stand-in.log'),
    redact: context.redact,
    onLine: announced.resolve,
    stopWithinMs: STOP_MS,
  });
  const line = await Promise.race([announced.promise, child.ended.then((how) => ({ how }))]);
  if (typeof line !== 'string') throw childEnded(child, line.how);
  return { child, host: ANNOUNCEMENT.parse(JSON.parse(line)).host };
}
