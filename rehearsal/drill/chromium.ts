import { TOOLS } from '@lornu/ops/setup/tools.ts';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const PROGRAMS = TOOLS.chromium.programs;

/** Features of Chromium that are turned off. The option replaces Playwright's, so what Playwright turns off is here too. */
const TURNED_OFF = [
  // Two pages for the address bar of each window, which take as much CPU time as the page that is opened.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  // As in chromiumSwitches.ts of playwright-core 1.65, without what is for Windows or Edge only.
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/** The path of the system's own Chromium; undefined if it is not installed. */
export function findChromium(): string | undefined {
  return PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null) ?? undefined;
}

/** The system's own Chromium, headless; it makes no requests of its own to other machines. */
export async function launchChromium(options: Pick<LaunchOptions, 'proxy'> = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error(`None of ${PROGRAMS.join(', ')} is on PATH. Install one: apt-get install chromium`);
  }
  return chromium.launch({
    ...options,
    executablePath,
    args: [
      // The sandbox needs user namespaces, which containers running as root often lack; only our own page is opened.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      // The rehearsal's load balancer ends old connections of HTTP/1.1 only (render-haproxy.ts).
      '--disable-http2',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${TURNED_OFF.join(',')}`,
    ],
  });
}
