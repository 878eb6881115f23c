import { signalGroup } from '@lornu/ops/process/process-group.ts';
import { runStep, type StepIo } from '@lornu/ops/steps/run-steps.ts';
import { setGemini } from '../breaks/model-breaks.ts';
import { GOOGLE_SERVICES } from '../network/outside.ts';
import type { Stage } from '../scenarios/scenario.ts';
import { desiredCount, setCount, untilHealthy } from '../scenarios/service-count.ts';
import { countedTo } from '../scenarios/steadfast-turn.ts';
import { DOMAIN_NAME, FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import { judgePart, type DrillPart, type DrillReport, type PartSeen } from './judge-drill.ts';
import { openBrowser } from './browser.ts';
import { openPage, type Answer, type OpenPage } from './page.ts';
import type { PageNote } from './page-client.ts';
import { readStored } from './read-stored.ts';

/** The API key of Google's agent for the Gemini stand-in (ops/up/start-peer.ts). */
const KEY_OF_GOOGLES_AGENT = 'stand-in';
const [GOOGLE] = [GOOGLE_SERVICES.peer.address];
const EVERY_MS = 150;
const PATIENCE_MS = 180_000;
const NAME_WITHIN_MS = 120_000;
/** The drill stops a cloud after this many words of an answer, so that the turn is in progress. */
const WORDS_BEFORE = 3;
const RELEASE_EVERY_MS = 500;

/** A message that asks to count up to `n`. It contains its id, so that the page can find the answer. */
const task = (id: string, n: number, more: { host?: string; conversation?: string; held?: number } = {}) => ({
  id,
  host: more.host ?? FAILOVER_DOMAIN_NAME,
  conversation: more.conversation ?? 'one',
  // Held: the stand-in waits there until the drill releases it, so that the turn is in progress for as long as needed.
  text: `count to ${n} every ${EVERY_MS} ms (${id})${more.held ? `, held after ${more.held}` : ''}`,
  expected: countedTo(n),
  patienceMs: PATIENCE_MS,
});

/**
 * Stops one cloud after the other, while an open page uses the fail-over name, and starts both again. Rejects if a part
 * of the rehearsal itself has ended. A failed part of the drill is in the report. With `folder`, the page is also open in
 * Chromium, and screenshots are put there.
 */
export async function drill(stage: Stage, folder?: string): Promise<DrillReport> {
  const { served, context } = stage;
  const { googleAgent } = served;
  if (!googleAgent || !served.vpc)
    throw new Error('a drill needs the applied network and the agent of Google Cloud');
  const beganMs = Date.now();
  const page = await openPage(served, context.signal);
  const browser = folder === undefined ? undefined : await openBrowser(served, folder, context.signal);
  const inBrowser: NonNullable<DrillReport['browser']> = {
    version: browser?.version ?? '',
    folder: folder ?? '',
  };
  const answers: Answer[] = [];
  const parts: DrillPart[] = [];
  const ask = async (...args: Parameters<typeof task>): Promise<Answer> => {
    const answer = await page.ask(task(...args));
    answers.push(answer);
    return answer;
  };
  /** Releases the answers that are held, again and again. */
  const whileReleasing = async (run: () => Promise<PartSeen>): Promise<PartSeen> => {
    const releasing = setInterval(() => void release(served.standIns.gemini), RELEASE_EVERY_MS);
    return run().finally(() => clearInterval(releasing));
  };
  const play = async (id: string, title: string, run: (io: StepIo) => Promise<PartSeen>): Promise<void> => {
    const partBeganMs = Date.now();
    const step = {
      id,
      title,
      run: async (io: StepIo) => {
        const seen = await run(io).catch((error: unknown): PartSeen => ({ failure: messageOf(error) }));
        const part = { id, title, elapsedMs: Date.now() - partBeganMs, ...judgePart(seen) };
        parts.push(part);
        if (part.outcome === 'failed') throw new Error(part.seen);
        return part.seen;
      },
    };
    await runStep(step, context.emit).catch(() => undefined);
    await Promise.race([served.failed, Promise.resolve()]);
  };
  try {
    await play('both', 'both clouds are healthy: the shared name leads to Google Cloud', async () => {
      await untilName(page, isGoogle, 0);
      return { answers: [await ask('a', 5)], by: [GOOGLE] };
    });
    await play(
      'google-dies',
      "Google's agent dies in the middle of an answer: the conversation continues on AWS",
      async (io) => {
        const shown = task('p', 20, { held: WORDS_BEFORE });
        await browser?.say(shown, WORDS_BEFORE);
        const answer = ask('b', 20, { held: WORDS_BEFORE });
        const diedMs = await untilWords(page, 'b');
        await googleAgent.kill();
        io.line("Google's agent is killed");
        return whileReleasing(async () => {
          const { atMs } = await untilName(page, isAws, diedMs);
          const whole = await answer;
          const seen = await browser?.shown(shown, diedMs, atMs);
          if (seen) inBrowser.googleDies = seen;
          return {
            answers: [whole],
            ...(seen ? { browser: seen } : {}),
            detectedMs: atMs - diedMs,
            recoveredMs: goneOnMs(page, 'b', atMs) - diedMs,
            notBy: GOOGLE,
          };
        });
      },
    );
    await play(
      'aws-dies',
      "AWS dies in the middle of an answer: the conversation continues at Google's agent",
      async (io) => {
        const count = await desiredCount(stage);
        const answer = ask('c', 20, { held: WORDS_BEFORE });
        const shown = task('q', 20, { held: WORDS_BEFORE });
        await Promise.all([untilWords(page, 'c'), browser?.say(shown, WORDS_BEFORE)]);
        await googleAgent.start();
        io.line("Google's agent is back");
        const diedMs = Date.now();
        await setCount(stage, 0);
        for (const { pid } of served.tasks()) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
        io.line('every task of AWS is killed, and no new task starts');
        try {
          return await whileReleasing(async () => {
            const { atMs } = await untilName(page, isGoogle, diedMs);
            const other = await ask('d', 5, { conversation: 'two' });
            io.line('a conversation without a turn in progress got an answer');
            const whole = await answer;
            const seen = await browser?.shown(shown, diedMs, atMs);
            if (seen) inBrowser.awsDies = seen;
            return {
              answers: [other, whole],
              ...(seen ? { browser: seen } : {}),
              detectedMs: atMs - diedMs,
              recoveredMs: goneOnMs(page, 'd', diedMs) - diedMs,
              interruptedMs: goneOnMs(page, 'c', atMs) - diedMs,
              by: [GOOGLE],
            };
          });
        } finally {
          await setCount(stage, count);
        }
      },
    );
    await play('aws-back', 'AWS is back: the same conversation continues under the name of AWS', async () => {
      const backMs = Date.now();
      await untilHealthy(stage, await desiredCount(stage));
      return {
        answers: [await ask('e', 5, { host: DOMAIN_NAME })],
        recoveredMs: Date.now() - backMs,
        notBy: GOOGLE,
      };
    });
    await play(
      'gemini-refuses',
      "Gemini refuses the requests of AWS: Google's agent answers, and the answer says so",
      async () => {
        const mend = await setGemini(served, { refuses: 503, exceptKey: KEY_OF_GOOGLES_AGENT });
        try {
          const { expected, ...more } = task('f', 5, { host: DOMAIN_NAME });
          const answer = await page.ask({ ...more, expected: `${INSTEAD} ${expected}` });
          answers.push(answer);
          return { answers: [answer], notBy: GOOGLE };
        } finally {
          await mend();
        }
      },
    );
    await play(
      'back-again',
      'both clouds are healthy again: the shared name leads to Google Cloud',
      async () => {
        await untilName(page, isGoogle, 0, true);
        return { answers: [await ask('g', 5), await ask('h', 5, { host: DOMAIN_NAME })] };
      },
    );
  } finally {
    page.close();
    browser?.close();
  }
  const stored = await readStored(served, answers);
  return {
    at: new Date(beganMs).toISOString(),
    image: await readImage(stage),
    elapsedMs: Date.now() - beganMs,
    parts,
    ...(browser ? { browser: inBrowser } : {}),
    ...stored,
    holds: parts.every(({ outcome }) => outcome === 'passed') && stored.lost === 0 && stored.doubled === 0,
  };
}

/** The exact notice of the service when Google's agent answers in place of Gemini (backend/peer/peer-fallback.ts). */
const INSTEAD =
  'Gemini does not answer now (503 UNAVAILABLE). The agent on Google Cloud answers instead; these are its words.';

const isGoogle = (addresses: readonly string[]): boolean => addresses.join() === GOOGLE;
const isAws = (addresses: readonly string[]): boolean => addresses.length > 0 && !addresses.includes(GOOGLE);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Waits until the shared name changes to these addresses after `sinceMs`. With `now`, it may already have them. */
async function untilName(
  page: OpenPage,
  fits: (addresses: readonly string[]) => boolean,
  sinceMs: number,
  now = false,
): Promise<PageNote> {
  const isChange = (note: PageNote): boolean =>
    note.kind === 'name' && note.atMs >= sinceMs && fits(note.addresses);
  const isNow = (): boolean => {
    const last = page.notes.findLast(({ kind }) => kind === 'name');
    return last?.kind === 'name' && fits(last.addresses);
  };
  return page.until((note) => (now ? isNow() : isChange(note)), 'the shared name changes', NAME_WITHIN_MS);
}

async function untilWords(page: OpenPage, id: string): Promise<number> {
  const { atMs } = await page.until(
    (note) => note.kind === 'word' && note.id === id && note.words >= WORDS_BEFORE,
    `words of ${id}`,
    PATIENCE_MS,
  );
  return atMs;
}

/** The time of the first word after `sinceMs`; throws if there was none. */
function goneOnMs({ notes }: OpenPage, id: string, sinceMs: number): number {
  const word = notes.find((note) => note.kind === 'word' && note.id === id && note.atMs > sinceMs);
  if (!word) throw new Error(`no word of message ${id} arrived after the fault`);
  return word.atMs;
}

/** Releases the answers that are held. */
async function release(url: string): Promise<void> {
  await fetch(`${url}/stand-in/release`, { method: 'POST' }).catch(() => undefined);
}

/** The image that the service runs, with its digest. */
async function readImage({ standing, served }: Stage): Promise<string> {
  const { ecs } = standing.clients;
  const { cluster, service } = served.applied;
  const { services = [] } = await ecs.describeServices({ cluster, services: [service] });
  const { taskDefinition } = await ecs.describeTaskDefinition({
    taskDefinition: services[0]?.taskDefinition,
  });
  return taskDefinition?.containerDefinitions?.[0]?.image ?? 'unknown';
}
