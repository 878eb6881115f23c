import { JOB, percentile, type Result } from './job.ts';
import { streamOnSocket } from './stream.ts';
import { createSession, type ParsedJob, turn, type TurnTimes } from './turn.ts';

/** The load client: a separate process, so that its CPU time and its limits are not the servers'. */
const job = JOB.parse(JSON.parse(process.argv[2] ?? '{}'));
/** With many more, google-adk's SQLite answers 500 ("database is locked"). */
const CREATED_AT_ONCE = 4;
const times: TurnTimes[] = [];
const errorSamples: string[] = [];
let errors = 0;
let open = 0;
let mostAtOnce = 0;

const cpuBefore = process.cpuUsage();
const beganAt = performance.now();
await { turns: loops, streams, rate: atRate }[job.kind](job);
const elapsedMs = performance.now() - beganAt;
const cpu = process.cpuUsage(cpuBefore);

const percentiles = (pick: (time: TurnTimes) => number) => ({
  p50: percentile(times.map(pick), 0.5),
  p99: percentile(times.map(pick), 0.99),
});
const result: Result = {
  turns: times.length,
  elapsedMs,
  errors,
  errorSamples,
  firstTokenMs: percentiles((time) => time.firstTokenMs),
  wholeMs: percentiles((time) => time.wholeMs),
  mostAtOnce,
  clientCpuMs: (cpu.user + cpu.system) / 1_000,
};
process.stdout.write(JSON.stringify(result));

/** Each client sends its next turn when the last one has ended. */
async function loops({ clients, seconds, turnsPerSession, sessionIds }: ParsedJob): Promise<void> {
  const endAt = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let count = 0, sessionId = ''; performance.now() < endAt; count += 1) {
        if (sessionIds.length > 0)
          sessionId = sessionIds[(client + count * clients) % sessionIds.length] ?? '';
        else if (count % turnsPerSession === 0) sessionId = await createSession(job);
        await take(sessionId);
      }
    }),
  );
}

/** All streams at once, started evenly over the ramp; their sessions are created before the first one starts. */
async function streams({ clients, rampMs }: ParsedJob): Promise<void> {
  const sessionIds: string[] = [];
  while (sessionIds.length < clients) {
    const batch = Math.min(CREATED_AT_ONCE, clients - sessionIds.length);
    sessionIds.push(...(await Promise.all(Array.from({ length: batch }, () => createSession(job)))));
  }
  await Promise.all(
    sessionIds.map(async (sessionId, index) => {
      await Bun.sleep((rampMs * index) / clients);
      await take(sessionId, streamOnSocket);
    }),
  );
}

/**
 * Turns begin at a constant rate, each in a session of its own, however long the others take: a slow server must not slow
 * the asking. Times count from when a turn should have begun.
 */
async function atRate({ perSecond, seconds }: ParsedJob): Promise<void> {
  const turns = Math.round(perSecond * seconds);
  const sessionIds: string[] = [];
  while (sessionIds.length < turns) {
    const batch = Math.min(CREATED_AT_ONCE, turns - sessionIds.length);
    sessionIds.push(...(await Promise.all(Array.from({ length: batch }, () => createSession(job)))));
  }
  const start = performance.now();
  await Promise.all(
    sessionIds.map(async (sessionId, index) => {
      const due = start + (index * 1_000) / perSecond;
      await Bun.sleep(Math.max(0, due - performance.now()));
      const late = performance.now() - due;
      await take(sessionId, async (...of) => {
        const { firstTokenMs, wholeMs } = await turn(...of);
        return { firstTokenMs: firstTokenMs + late, wholeMs: wholeMs + late };
      });
    }),
  );
}

async function take(sessionId: string, ask = turn): Promise<void> {
  open += 1;
  mostAtOnce = Math.max(mostAtOnce, open);
  try {
    times.push(await ask(job, sessionId));
  } catch (error) {
    errors += 1;
    if (errorSamples.length < 3) errorSamples.push(String(error));
  } finally {
    open -= 1;
  }
}
