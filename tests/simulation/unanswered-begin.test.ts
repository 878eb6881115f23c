import { AppError } from '@lornu/backend/errors/app-error.ts';
import { Firestore } from '@lornu/backend/firestore/client/firestore.ts';
import { Timestamp } from '@lornu/backend/firestore/client/special-values.ts';
import { newLease } from '@lornu/backend/runs/firestore/lease-document.ts';
import { leaseOf } from '@lornu/backend/runs/firestore/paths.ts';
import { DEFAULT_RUN_LIMITS } from '@lornu/backend/runs/run-options.ts';
import type { Run, TurnRequest } from '@lornu/backend/runs/run.ts';
import { expect, test } from 'bun:test';
import { VirtualTime } from './clock.ts';
import { answerTo, textOf } from './model.ts';
import type { Process } from './process.ts';
import { SimulatedChannel, type Network } from './simulated-firestore.ts';
import { keyOf, World } from './world.ts';

const KEY = keyOf('s1');
const PLAN = { words: 3, everyMs: 50 };

function say(message: string, whenBusy: TurnRequest['whenBusy'] = 'refuse'): TurnRequest {
  const newMessage = { role: 'user', parts: [{ text: textOf(message, PLAN) }] };
  return { ...KEY, streaming: true, newMessage, whenBusy };
}

/** Its turn is over, but its process died before it could delete the lease. */
async function leaveLeaseOfGcpAgent({ store }: World): Promise<void> {
  if (store.kind !== 'Firestore') throw new Error('gcp-agent stores in Firestore.');
  const channel = new SimulatedChannel(store.server, { isCalm: () => true } as Network);
  const db = new Firestore({ projectId: 'simulation', databaseId: 'simulation', channel });
  const lease = newLease({ session: KEY, runId: 'theirs', owner: '', token: 1 }, 0, Timestamp.fromMillis(0));
  await leaseOf(db, KEY).set({ ...lease, canBeTakenOver: false });
}

async function beginAnotherTurn(_world: World, { runs }: Process): Promise<void> {
  await (
    await runs.start(say('s1m1'))
  ).firstFrame;
}

interface Seen {
  refused: Run | AppError;
  /** Of the refused message's run, when its process had given up, and at the end. */
  listed: string[];
  messages: string[];
  answer: string;
}

/** What becomes of a message whose commits are stored and never answered, until its process has given up. */
function sendUnanswered(
  seed: number,
  whenBusy: TurnRequest['whenBusy'],
  prepare: (world: World, process: Process) => Promise<void>,
): Seen {
  const time = new VirtualTime(seed);
  return time.during(() => {
    const { holdMs: leaseMs } = DEFAULT_RUN_LIMITS;
    const world = new World(time, { processes: 1, leaseMs, seed, store: 'Firestore', losesAnswersForMs: 0 });
    let seen: Seen | undefined;
    const work = async (process: Process): Promise<void> => {
      const { sessions, runs } = process;
      await sessions.createSession(KEY);
      await prepare(world, process);
      const before = new Set((await runs.list(KEY)).map(({ id }) => id));
      world.isUnanswered = true;
      const refused = await runs.start(say('s1m2', whenBusy)).catch((error: AppError) => error);
      const own = async () => (await runs.list(KEY)).find(({ id }) => !before.has(id));
      const listed = [(await own())?.state ?? 'none'];
      world.isUnanswered = false;
      // Its process gives the lease back: nobody waits until it has expired.
      const until = time.now + leaseMs * 10;
      while (time.now < until && (await own())?.state !== 'completed') await time.sleep(500);
      listed.push((await own())?.state ?? 'none');
      const events = (await sessions.getSession(KEY))?.events ?? [];
      const invocation = (await own())?.invocationId;
      const texts = (isUsers: boolean): string[] =>
        events
          .filter(
            ({ author, invocationId }) => invocationId === invocation && (author === 'user') === isUsers,
          )
          .map(({ content }) => (content?.parts ?? []).map(({ text }) => text ?? '').join(''));
      seen = { refused, listed, messages: texts(true), answer: texts(false).join('') };
    };
    // It takes longer than a client waits.
    world.request(0, work).catch(() => undefined);
    time.run(() => seen !== undefined, time.now + 10 * 60_000);
    world.close();
    if (!seen) throw new Error('The service never answered.');
    return seen;
  });
}

test.each([
  ['that is stored together with its run', 'refuse', async () => undefined],
  ['whose run is stored first', 'refuse', leaveLeaseOfGcpAgent],
  ['that waits for another turn', 'queue', beginAnotherTurn],
] as const)(
  'a message %s, and whose commit gets no answer: its run stays listed, and answers it once',
  (_what, whenBusy, prepare) => {
    for (let seed = 1; seed <= 5; seed++) {
      const seen = sendUnanswered(seed, whenBusy, prepare);
      expect(seen.refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect((seen.refused as AppError).message).toContain('may have been accepted');
      expect(seen.listed[0]).toBeOneOf(['running', 'queued']);
      expect(seen).toMatchObject({
        listed: [expect.any(String), 'completed'],
        messages: [textOf('s1m2', PLAN)],
        answer: answerTo('s1m2', PLAN.words),
      });
    }
  },
);
