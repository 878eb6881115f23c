import { z } from 'zod';

/** What the load client is asked to do; it comes as JSON on the command line. */
export const JOB = z.object({
  kind: z.enum(['turns', 'streams']),
  url: z.string(),
  /** How a turn is asked for: /run_sse, or SendStreamingMessage of A2A 1.0. */
  protocol: z.enum(['rest', 'a2a']).default('rest'),
  app: z.string(),
  /** The message of each turn; the stand-in's modifiers go in here. */
  text: z.string(),
  /** Data frames that a whole answer has at least. */
  frames: z.number(),
  /** turns: loops side by side. streams: streams at once. */
  clients: z.number(),
  /** turns: how long. */
  seconds: z.number().default(0),
  /** turns: turns of one session before the next is begun. */
  turnsPerSession: z.number().default(10),
  /** turns: sessions that exist already; turns go to them in rotation, none is created. */
  sessionIds: z.array(z.string()).default([]),
  /** streams: the time over which they start. */
  rampMs: z.number().default(0),
});

export type Job = z.input<typeof JOB>;

/** Turns that the model answers at once, in so many pieces; what is missing is whom to ask, and for how long. */
export function shortTurns({ clients, chunks }: { clients: number; chunks: number }) {
  const text = `hello in ${chunks} chunks`;
  return { kind: 'turns', app: 'plain', text, frames: chunks, clients } as const;
}

/** What the load client saw. Times in milliseconds. */
export const RESULT = z.object({
  turns: z.number(),
  elapsedMs: z.number(),
  errors: z.number(),
  /** The first few, in words. */
  errorSamples: z.array(z.string()),
  firstTokenMs: z.object({ p50: z.number(), p99: z.number() }),
  wholeMs: z.object({ p50: z.number(), p99: z.number() }),
  /** streams: the most that were open at one time. */
  mostAtOnce: z.number(),
  clientCpuMs: z.number(),
});

export type Result = z.infer<typeof RESULT>;

/** The value below which `share` of the sorted values lie; 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
