import type { Run } from './run.ts';

export interface TokenUse {
  input: number;
  output: number;
  /** As Gemini adds them up; may hold more than input and output (tool use). */
  total: number;
}

interface CountedEvent {
  partial?: boolean;
  usageMetadata?: {
    promptTokenCount?: number;
    candidatesTokenCount?: number;
    thoughtsTokenCount?: number;
    totalTokenCount?: number;
  };
}

/** Tokens that a run's model calls used, as the whole (not partial) events of it say. */
export async function countTokens(run: Pick<Run, 'frames'>): Promise<TokenUse> {
  const use: TokenUse = { input: 0, output: 0, total: 0 };
  for await (const { json } of run.frames()) {
    if (!json.includes('"usageMetadata"')) continue;
    const { partial, usageMetadata } = JSON.parse(json) as CountedEvent;
    if (partial === true || !usageMetadata) continue;
    use.input += usageMetadata.promptTokenCount ?? 0;
    use.output += (usageMetadata.candidatesTokenCount ?? 0) + (usageMetadata.thoughtsTokenCount ?? 0);
    use.total += usageMetadata.totalTokenCount ?? 0;
  }
  return use;
}
