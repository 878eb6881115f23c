import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PUBLIC_RESOLVER } from '../network/outside.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { DOMAIN_NAME, FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import type { BrowserNote, BrowserOptions, BrowserTask } from './browser-client.ts';
import { findChromium } from './chromium.ts';
import { judgeBrowser, type BrowserSeen } from './judge-browser.ts';
import { startClient } from './start-client.ts';

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
  const { notes, send, until, finish, kill } = await startClient<BrowserNote>(
    { command: vpc.inside(withLoopback, 'internet'), name: 'the browser', options },
    served,
    signal,
  );
  try {
    const { version } = await until(
      (note): note is Extract<BrowserNote, { kind: 'open' }> => note.kind === 'open',
      'the browser',
      OPEN_WITHIN_MS,
    );
    return {
      version,
      say: async (task, words) => {
        await send(task);
        await until(
          (note): note is Extract<BrowserNote, { kind: 'shown' }> =>
            note.kind === 'shown' && note.id === task.id && note.words.split(' ').length >= words,
          'the browser',
          task.patienceMs,
        );
      },
      shown: async ({ id, patienceMs }, faultMs, switchedMs) => {
        await until(
          (note): note is Extract<BrowserNote, { kind: 'answered' }> =>
            note.kind === 'answered' && note.id === id,
          'the browser',
          patienceMs + OPEN_WITHIN_MS,
        );
        return judgeBrowser(
          notes.filter((note) => note.kind !== 'open').filter((note) => note.id === id),
          faultMs,
          switchedMs,
        );
      },
      close: finish,
    };
  } catch (error) {
    kill();
    throw error;
  }
}
