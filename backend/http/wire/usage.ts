import { z } from 'zod';
import type { TokenUse } from '../../runs/run.ts';

const count = z.int().min(0);

/** What model calls used, in tokens and US dollars. */
export const USAGE = z.object({
  inputTokens: count.meta({ description: 'Cached ones among them.' }),
  cachedTokens: count,
  outputTokens: count.meta({ description: 'Thinking among them.' }),
  thinkingTokens: count,
  costUsd: z.number().optional().meta({
    description: 'Left out where a model has no price; modelsWithoutPrice names it.',
  }),
  modelsWithoutPrice: z.array(z.string()).optional(),
});

/** Dollars to a billionth: less than one token costs anywhere. */
const DIGITS = 9;

export function toWireUsage({
  input,
  cached,
  output,
  thinking,
  costUsd,
  unpriced,
}: TokenUse): z.output<typeof USAGE> {
  return {
    inputTokens: input,
    cachedTokens: cached,
    outputTokens: output,
    thinkingTokens: thinking,
    ...(unpriced.length > 0
      ? { modelsWithoutPrice: unpriced }
      : { costUsd: Number(costUsd.toFixed(DIGITS)) }),
  };
}
