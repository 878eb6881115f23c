import type { Run } from './run.ts';

/** Tokens that a run's model calls used, as the whole (not partial) events of it say. */
export async function countTokens(run: Run): Promise<number> {
  let tokens = 0;
  for await (const { json } of run.frames()) {
    if (!json.includes('"usageMetadata"')) continue;
    const event = JSON.parse(json) as { partial?: boolean; usageMetadata?: { totalTokenCount?: number } };
    if (event.partial !== true) tokens += event.usageMetadata?.totalTokenCount ?? 0;
  }
  return tokens;
}
