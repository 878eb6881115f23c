import { expect } from 'bun:test';

/** How many times as long a machine that is busy with other work may take: LORNU_PATIENCE=5. */
export const PATIENCE = Number(process.env['LORNU_PATIENCE'] ?? 1);
/** Of each step. A slow machine takes longer; a step that never comes costs this once. */
export const PATIENCE_MS = 20_000 * PATIENCE;

/**
 * Waits until this is read: React shows a change after the action that caused it. Not Playwright's waitForFunction, whose
 * second look is refused by the page's policy.
 */
export async function eventually<T>(read: () => Promise<T>, expected: NoInfer<T>): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  let seen: unknown = await read();
  while (!Bun.deepEquals(seen, expected) && Date.now() < giveUpAt) {
    await Bun.sleep(30);
    seen = await read();
  }
  expect(seen).toEqual(expected);
}
