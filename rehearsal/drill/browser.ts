import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '@lornu/ops/process/run-command.ts';
import { PUBLIC_RESOLVER } from '../network/outside.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { DOMAIN_NAME, FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import type { BrowserNote, BrowserOptions, BrowserTask } from './browser-client.ts';
import { findChromium } from './chromium.ts';
import { judgeBrowser, type BrowserSeen } from './judge-browser.ts';

/** The chat page in Chromium, on the internet. */
export interface OpenBrowser {
  version: string;
  /** Sends a message; resolves when `words` numbers of its answer are shown. */
  say: (task: BrowserTask, words: number) => Promise<void>;
  /** What the page showed since the fault at `faultMs`, once the answer is complete. */
  shown: (task: BrowserTask, faultMs: number, switchedMs: number) => Promise<BrowserSeen>;
  close: () => void;
}

const OPEN_WITHIN_MS = 120_000;

/** Opens the page; undefined if this machine has no Chromium. Screenshots are put into `folder`. */
export async function openBrowser(
  served: ServedRehearsal,
  folder: string,
  signal: AbortSignal,
): Promise<OpenBrowser | undefined> {
  const { vpc } = served;
  if (!vpc || findChromium() === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const options: BrowserOptions = {
    resolver: PUBLIC_RESOLVER,
    token: await served.token(),
    host: FAILOVER_DOMAIN_NAME,
    ownHost: DOMAIN_NAME,
    folder,
  };
  const program = [process.execPath, join(import.meta.dir, 'browser-client.ts')];
  // The browser reaches its proxy over the loopback interface of the namespace.
  const withLoopback = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...program];
  const child = Bun.spawn(vpc.inside(withLoopback, 'internet'), {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const close = (): void => void child.stdin.end();
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  const send = async (value: object): Promise<void> => {
    // Not as arguments: the process list shows arguments, and the options contain a token.
    await child.stdin.write(`${JSON.stringify(value)}\n`);
    await child.stdin.flush();
  };
  const notes: BrowserNote[] = [];
  const said: string[] = [];
  let change = Promise.withResolvers<void>();
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined);
  void readLines(child.stderr, (line) => said.push(line));
  void readLines(child.stdout, (line) => {
    notes.push(JSON.parse(line) as BrowserNote);
    change.resolve();
    change = Promise.withResolvers<void>();
  });
  void child.exited.then(() => end.reject(new Error(`the browser ended: ${said.slice(-5).join(' ')}`)));
  const until = async <N extends BrowserNote>(
    fits: (note: BrowserNote) => note is N,
    withinMs: number,
  ): Promise<N> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the browser: not within ${withinMs / 1000} s`)),
      withinMs,
    );
    try {
      for (;;) {
        const found = notes.find(fits);
        if (found) return found;
        // oxlint-disable-next-line no-await-in-loop -- one look after each note
        await Promise.race([change.promise, late.promise, end.promise, served.failed]);
      }
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    await send(options);
    const { version } = await until((note) => note.kind === 'open', OPEN_WITHIN_MS);
    return {
      version,
      say: async (task, words) => {
        await send(task);
        await until(
          (note): note is Extract<BrowserNote, { kind: 'shown' }> =>
            note.kind === 'shown' && note.id === task.id && note.words.split(' ').length >= words,
          task.patienceMs,
        );
      },
      shown: async ({ id, patienceMs }, faultMs, switchedMs) => {
        await until(
          (note): note is Extract<BrowserNote, { kind: 'answered' }> =>
            note.kind === 'answered' && note.id === id,
          patienceMs + OPEN_WITHIN_MS,
        );
        return judgeBrowser(
          notes.filter((note) => note.kind !== 'open').filter((note) => note.id === id),
          faultMs,
          switchedMs,
        );
      },
      close,
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
