import type { Server } from '@lornu/ops/servers/server.ts';
import { createSession } from '../load/turn.ts';
import { turnOf } from '../load/job.ts';
import { cpuMs } from '../process-usage.ts';
import type { PerTarget, World } from '../world.ts';

const LENGTHS = { short: 10, long: 2_000 } as const;
const SESSIONS = 2;
const SECONDS = 2;
const ROUNDS = 2;

/**
 * CPU of a turn in a session of 2,000 events over one in a session of 10, without sending the history to the model; the
 * least of the rounds of each.
 */
export async function measureLongSession(world: World, token: string): Promise<PerTarget<number>> {
  const found: PerTarget<number> = {};
  for (const name of ['firestore', 'sqlite'] as const) {
    const server = world.servers.get(name);
    if (!server) continue;
    const long = await createSessions(server, token, LENGTHS.long);
    // The first turns read the sessions into the cache.
    await costOfTurn(world, server, long);
    const short = await createSessions(server, token, LENGTHS.short);
    let [shortMs, longMs] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round += 1) {
      shortMs = Math.min(shortMs, await costOfTurn(world, server, short));
      longMs = Math.min(longMs, await costOfTurn(world, server, long));
    }
    found[name] = longMs / shortMs;
  }
  return found;
}

async function costOfTurn(world: World, server: Server, sessionIds: string[]): Promise<number> {
  const before = cpuMs(server.pid);
  const job = {
    kind: 'loops',
    app: 'bare',
    ...turnOf(20),
    clients: 2,
    seconds: SECONDS,
    sessionIds,
  } as const;
  const { turns, errors, errorSamples } = await world.load(server, job);
  if (errors > 0) throw new Error(`Turns of a long session failed: ${errorSamples.join('; ')}`);
  return (cpuMs(server.pid) - before) / turns;
}

async function createSessions({ url }: Server, token: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, index) => ({
    author: index % 2 === 0 ? 'user' : 'bare',
    invocationId: `e-${Math.floor(index / 2)}`,
    content: {
      role: index % 2 === 0 ? 'user' : 'model',
      parts: [{ text: `This is event ${index} of a long conversation about the staging environment.` }],
    },
  }));
  const ids: string[] = [];
  while (ids.length < SESSIONS) ids.push(await createSession({ url, token, app: 'bare' }, events));
  return ids;
}
