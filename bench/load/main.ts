import { createHistogram } from 'node:perf_hooks';
import { JOB, type Latency, type Result } from './job.ts';
import { streamOnSocket } from './stream.ts';
import { createSession, type ParsedJob, turn } from './turn.ts';

/** The load client: a separate process, so that its CPU time and its limits are not the servers'. */
const job = JOB.parse(JSON.parse(process.argv[2] ?? '{}'));
/** With many more, google-adk's SQLite answers 500 ("database is locked"). */
const CREATED_AT_ONCE = 4;
const US_PER_MS = 1_000;
/** HdrHistogram, in microseconds, with three significant digits. */
const firstTokens = createHistogram();
const lateness = createHistogram();
const errorSamples: string[] = [];
let errors = 0;
let open = 0;
let mostAtOnce = 0;

const beganAt = performance.now();
const run = { loops, rate: atRate, streams }[job.kind];
await run(job);
const elapsedMs = performance.now() - beganAt;

const result: Result = {
  turns: lateness.count,
  elapsedMs,
  errors,
  errorSamples,
  firstTokenMs: latencyOf(firstTokens),
  lateMs: latencyOf(lateness),
  mostAtOnce,
};
process.stdout.write(JSON.stringify(result));

function latencyOf(histogram: ReturnType<typeof createHistogram>): Latency {
  if (histogram.count === 0) return { p50: 0, p99: 0, most: 0 };
  const at = (share: number): number => histogram.percentile(share) / US_PER_MS;
  return { p50: at(50), p99: at(99), most: histogram.max / US_PER_MS };
}

/** Each client sends its next turn when the last one has ended. */
async function loops({ clients, seconds, turnsPerSession, sessionIds }: ParsedJob): Promise<void> {
  const endAt = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let count = 0, sessionId = ''; performance.now() < endAt; count += 1) {
        if (sessionIds.length > 0)
          sessionId = sessionIds[(client + count * clients) % sessionIds.length] ?? '';
        else if (count % turnsPerSession === 0) sessionId = await createSession(job);
        await take(sessionId, performance.now());
      }
    }),
  );
}

/**
 * Turns begin at a constant rate, each in a session of its own, however long the others take: a slow server must not
 * slow the asking, and the time that a turn waits for this client counts as well.
 */
async function atRate({ perSecond, seconds }: ParsedJob): Promise<void> {
  await takeAll(Math.round(perSecond * seconds), (index) => (index * 1_000) / perSecond, turn);
}

/** All streams at once, started evenly over the ramp. */
async function streams({ clients, rampMs }: ParsedJob): Promise<void> {
  await takeAll(clients, (index) => (rampMs * index) / clients, streamOnSocket);
}

/** The sessions are created before the first turn begins. */
async function takeAll(
  turns: number,
  dueAfterMs: (index: number) => number,
  ask: typeof turn,
): Promise<void> {
  const sessionIds: string[] = [];
  while (sessionIds.length < turns) {
    const batch = Math.min(CREATED_AT_ONCE, turns - sessionIds.length);
    sessionIds.push(...(await Promise.all(Array.from({ length: batch }, () => createSession(job)))));
  }
  const start = performance.now();
  await Promise.all(
    sessionIds.map(async (sessionId, index) => {
      const due = start + dueAfterMs(index);
      await Bun.sleep(Math.max(0, due - performance.now()));
      await take(sessionId, due, ask);
    }),
  );
}

/** One turn that should have begun at `due`, by `performance.now`. */
async function take(sessionId: string, due: number, ask = turn): Promise<void> {
  open += 1;
  mostAtOnce = Math.max(mostAtOnce, open);
  const lateMs = performance.now() - due;
  try {
    const { firstTokenMs, wholeMs } = await ask(job, sessionId);
    const record = (histogram: typeof firstTokens, ms: number): void =>
      histogram.record(Math.max(1, Math.round((ms + lateMs) * US_PER_MS)));
    record(firstTokens, firstTokenMs);
    record(lateness, wholeMs - job.paceMs);
  } catch (error) {
    errors += 1;
    if (errorSamples.length < 3) errorSamples.push(String(error));
  } finally {
    open -= 1;
  }
}
