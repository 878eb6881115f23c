import { launchChromium } from '@lornu/rehearsal/drill/chromium.ts';
import type { Browser } from 'playwright-core';

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
