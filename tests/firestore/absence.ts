import { join, resolve } from 'node:path';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { openFirestoreBench } from '../../backend/testing/run-bench.ts';
import type { RunLimits } from '../../backend/runs/run-options.ts';
import { patiently } from '../support/until.ts';
import type { Wire } from './events.ts';

const MAIN = join(resolve(import.meta.dir, '../..'), 'standins/firestore/main.ts');
const key = { appName: 'lornu', userId: 'ann', sessionId: 's' };
const textOf = (event: Wire): string =>
  (event['content']?.parts ?? []).map((part: Wire) => part['text'] ?? '').join('');

/**
 * A turn during which Firestore does not answer for a while: its process is stopped and continued. Optimistic, like
 * staging's database: with locks, abandoned transactions would hold the session for another minute. Therefore it always
 * uses our stand-in, as Google's emulator only has pessimistic locks.
 */
export async function hangInTurn(
  absentMs: number,
  times: { waitMs?: number; patienceMs?: number },
  limits: Partial<RunLimits>,
): Promise<{ shown: string; stored: string; state: string; next: string }> {
  const model = await spawnGeminiStandin();
  const command = [process.execPath, MAIN, '--concurrency-mode', 'OPTIMISTIC', '--until-stdin-ends'];
  const env = { ...process.env, LORNU_FIRESTORE_EMULATOR: '' };
  const firestore = Bun.spawn(command, { env, stdin: 'pipe', stdout: 'pipe' });
  const reader = firestore.stdout.getReader();
  const { host } = JSON.parse(new TextDecoder().decode((await reader.read()).value)) as { host: string };
  const bench = await openFirestoreBench(
    model.url,
    { host, stop: () => firestore.kill('SIGKILL') },
    { framesEveryMs: 300, ...times },
  );
  try {
    const { runs, sessions } = bench.process(limits);
    await sessions.createSession(key);
    const say = (text: string) => ({
      ...key,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text }] },
    });
    const run = await runs.start(say('count to 20 every 50 ms'));
    let shown = '';
    let continued: Promise<void> | undefined;
    for await (const { json } of run.frames()) {
      const frame = JSON.parse(json) as Wire;
      if (frame['partial']) shown += textOf(frame);
      if (continued) continue;
      firestore.kill('SIGSTOP');
      continued = Bun.sleep(absentMs).then(() => firestore.kill('SIGCONT'));
    }
    await continued;
    await run.ended;
    // On a busy machine Firestore needs a while for what it was asked meanwhile.
    const { events } = (await patiently(async () => sessions.getSession(key), 60_000))!;
    const again = await patiently(async () => runs.start(say('hello')), 60_000);
    await again.ended;
    const stored = events.filter(({ author }) => author !== 'user').map(textOf);
    return { shown, stored: stored.join(''), state: run.state, next: again.state };
  } finally {
    firestore.kill('SIGCONT');
    await bench.close();
    await model.stop();
  }
}
