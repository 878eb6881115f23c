import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The system's own Chromium, without a window; no call of its own leaves the machine. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (!executablePath) {
    throw new Error(`No Chromium was found at ${PLACES.join(', ')}. Install it: apt-get install chromium`);
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
