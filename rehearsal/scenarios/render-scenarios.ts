import { lineOf } from '@lornu/ops/verify/render-verification.ts';
import type { ScenarioResult } from './scenario.ts';

/** One line per scenario, like a verification's line per check. */
export function renderScenarios(results: readonly ScenarioResult[]): string {
  const width = Math.max(...results.map(({ id }) => id.length), 0);
  return results.map((result) => `${lineOf(result, width)}\n`).join('');
}
