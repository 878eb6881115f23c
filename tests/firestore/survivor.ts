import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startService } from '../../ops/servers/agent-servers.ts';
import type { Server } from '../../ops/servers/server.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { readStream, type Conversation } from '../runs/client.ts';
import { createSession } from '../runs/create-session.ts';

const ROOT = resolve(import.meta.dir, '../..');

export interface Survived {
  /** How each stream ended at the survivor: 'ended' if the run came to its end. */
  ends: ('ended' | 'cut')[];
  /** Milliseconds from the kill to the survivor's first frame of each turn, shortest first. */
  waits: number[];
  /**
   * Milliseconds from the kill until the last heartbeat of the killed service ran out: before, nobody may take its turns.
   * An overloaded machine stores heartbeats that hold longer.
   */
  heldMs: number;
  /** Status and last line of the response to a new message in each session. */
  answers: (number | string | undefined)[][];
}

/**
 * Two services on one Firestore with `turns` turns running at one of them, which is killed once and not restarted:
 * returns what its listeners see at the other one.
 */
export async function surviveOneKill(
  standin: FirestoreStandin,
  { turns, leaseMs, roundTripMs }: { turns: number; leaseMs: number; roundTripMs: number },
): Promise<Survived> {
  const scratchDir = mkdtempSync(join(tmpdir(), 'survivor-'));
  const model = await spawnGeminiStandin();
  const servers: Server[] = [];
  const start = async (name: string): Promise<Server> => {
    const server = await startService({
      root: ROOT,
      modelUrl: model.url,
      agentsDir: join(ROOT, 'agents'),
      scratchDir: join(scratchDir, name),
      env: { ...firestoreVariables(standin.host), LORNU_LEASE_MS: `${leaseMs}`, LORNU_DRAIN_MS: '300' },
    });
    servers.push(server);
    return server;
  };
  try {
    const survivor = await start('survivor');
    const victim = await start('victim');
    standin.delayMs = roundTripMs;
    const sessions = Array.from({ length: turns }, (_, index): Conversation => ({
      baseUrl: victim.url,
      appName: 'lornu',
      userId: `u${index % 7}`,
      sessionId: `s${index}`,
    }));
    await Promise.all(sessions.map(createSession));
    const runIds = await Promise.all(
      sessions.map(async (session) => {
        const answer = await begin(session, 'count to 25 every 600 ms');
        if (!answer.ok) throw new Error(`A turn did not begin: ${answer.status}`);
        // Read as a listening client does, until the kill cuts it.
        void answer.text().catch(() => '');
        return answer.headers.get('lornu-run-id') ?? '';
      }),
    );
    await Bun.sleep(3_000);
    process.kill(victim.pid, 'SIGKILL');
    const killedAt = performance.now();
    const killedAtMs = Date.now();
    // What it had sent is stored by then.
    const heldUntil = Bun.sleep(2 * roundTripMs).then(() => heartbeatEnd(standin));
    const there = sessions.map((session) => ({ ...session, baseUrl: survivor.url }));
    const heard = await Promise.all(there.map((session, index) => listen(session, runIds[index]!, killedAt)));
    const answers = await Promise.all(
      there.map(async (session) => {
        const answer = await begin(session, 'hello');
        return [answer.status, (await answer.text()).trimEnd().split('\n').at(-1)];
      }),
    );
    return {
      ends: heard.map(({ end }) => end),
      waits: heard.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b),
      heldMs: (await heldUntil) - killedAtMs,
      answers,
    };
  } finally {
    standin.delayMs = 0;
    await Promise.all(servers.map((server) => server.stop()));
    await model.stop();
    await rm(scratchDir, { recursive: true, force: true });
  }
}

/** When the only heartbeat runs out: a service without turns has none. In milliseconds of the epoch. */
async function heartbeatEnd({ documents }: FirestoreStandin): Promise<number> {
  const ends = (await documents.all()).flatMap(({ name, fields }) =>
    name.includes('/lornu_leases/process-') ? [fields['until']?.timestampValue] : [],
  );
  const [end] = ends;
  if (!end || ends.length > 1) throw new Error(`There are ${ends.length} heartbeats instead of one.`);
  return Number(end.seconds) * 1_000 + Number(end.nanos) / 1e6;
}

const begin = ({ baseUrl, ...session }: Conversation, text: string): Promise<Response> =>
  fetch(`${baseUrl}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...session, streaming: true, newMessage: { role: 'user', parts: [{ text }] } }),
  });

async function listen(
  { baseUrl, appName, userId, sessionId }: Conversation,
  runId: string,
  killedAt: number,
): Promise<{ end: 'ended' | 'cut'; waitMs: number }> {
  const runs = `${baseUrl}/api/v1/apps/${appName}/users/${userId}/sessions/${sessionId}/runs`;
  const stream = readStream(await fetch(`${runs}/${runId}/frames`));
  let waitMs = Number.POSITIVE_INFINITY;
  for (let isFirst = true; ; isFirst = false) {
    const { value, done } = await stream.next();
    if (done) return { end: value, waitMs };
    // The survivor begins with the text that was shown, or with its own if there was none.
    if (isFirst || value.data['interrupted'] === true) waitMs = performance.now() - killedAt;
  }
}
