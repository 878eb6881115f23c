import { chromium, type Browser } from 'playwright-core';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

let shared: Promise<Browser> | undefined;

/**
 * One Chromium for all test files of a process; it ends with the process. Started again if it is gone: Bun ends the
 * children of a test that takes too long.
 */
export function sharedChromium(): Promise<Browser> {
  shared = connected(shared);
  return shared;
}

async function connected(before: Promise<Browser> | undefined): Promise<Browser> {
  const known = await before?.catch(() => undefined);
  return known?.isConnected() ? known : launchChromium();
}

/** The system's own Chromium, headless; it makes no requests of its own to other machines. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null);
  if (!executablePath) {
    throw new Error(`None of ${PROGRAMS.join(', ')} is on PATH. Install one: apt-get install chromium`);
  }
  return chromium.launch({
    executablePath,
    args: [
      // The sandbox needs user namespaces, which containers running as root often lack; only our own page is opened.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
