import type { Server } from '@lornu/ops/servers/server.ts';
import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';

/** The server's cost of a turn in a short and in a long session, in milliseconds of CPU; the least of two rounds. */
export interface LongSession {
  shortMs: number;
  longMs: number;
  ratio: number;
}

export interface LongSessionOptions {
  /**
   * bare sends the model no history (the turn's own cost), plain all of it, compacted a summary and the events after
   * it.
   */
  app: 'bare' | 'plain' | 'compacted';
  /** Events that a session has before the measured turns. */
  short: number;
  long: number;
  /** How many of each; a store that writes events one by one takes long to fill. */
  sessions?: number;
}

const SESSIONS = 4;
const SECONDS = 2;
const ROUNDS = 2;

/** Short and long sessions in rotation, several of each, so that caching a single session does not help. */
export async function measureLongSession(server: Server, options: LongSessionOptions): Promise<LongSession> {
  const { sessions = SESSIONS } = options;
  const long = await createSessions(server, options.app, options.long, sessions);
  await costOfTurn(server, options.app, long);
  const short = await createSessions(server, options.app, options.short, sessions);
  let [shortMs, longMs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    shortMs = Math.min(shortMs, await costOfTurn(server, options.app, short));
    longMs = Math.min(longMs, await costOfTurn(server, options.app, long));
  }
  return { shortMs, longMs, ratio: longMs / shortMs };
}

/** The server's CPU time per turn, in milliseconds. */
async function costOfTurn(server: Server, app: string, sessionIds: string[]): Promise<number> {
  const before = cpuMs(server.pid);
  const { turns, errors, errorSamples } = await runLoad({
    kind: 'turns',
    url: server.url,
    app,
    text: 'hello in 20 chunks',
    frames: 20,
    clients: 2,
    seconds: SECONDS,
    sessionIds,
  });
  if (errors > 0) throw new Error(`Turns of a long session failed: ${errorSamples.join('; ')}`);
  return (cpuMs(server.pid) - before) / turns;
}

async function createSessions(
  { url }: Server,
  app: string,
  count: number,
  sessions: number,
): Promise<string[]> {
  const events = Array.from({ length: count }, (_, index) => ({
    author: index % 2 === 0 ? 'user' : app,
    invocationId: `e-${Math.floor(index / 2)}`,
    content: {
      role: index % 2 === 0 ? 'user' : 'model',
      parts: [{ text: `This is event ${index} of a long conversation about the staging environment.` }],
    },
  }));
  const ids = Array.from({ length: sessions }, (_, index) => `${app}-${count}-${index}`);
  for (const sessionId of ids) {
    const answer = await fetch(`${url}/apps/${app}/users/bench/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sessionId, events }),
    });
    if (!answer.ok) {
      throw new Error(`A session of ${count} events was refused: ${(await answer.text()).slice(0, 300)}`);
    }
  }
  return ids;
}
