import { z } from 'zod';

/** The load client's job, as JSON on the command line. */
export const JOB = z.object({
  /** turns: parallel loops. streams: many at once. rate: turns that begin at a constant rate, however long they take. */
  kind: z.enum(['turns', 'streams', 'rate']),
  url: z.string(),
  /** How a turn is started: /run_sse, or SendStreamingMessage of A2A 1.0. */
  protocol: z.enum(['rest', 'a2a']).default('rest'),
  app: z.string(),
  /** The message of each turn, including the stand-in's modifiers. */
  text: z.string(),
  /** Least number of data frames of a complete answer. */
  frames: z.number(),
  /** turns: number of parallel loops. streams: number of concurrent streams. */
  clients: z.number(),
  /** turns: duration. */
  seconds: z.number().default(0),
  /** turns: turns per session before a new one is created. */
  turnsPerSession: z.number().default(10),
  /** turns: existing sessions that are used in rotation; none is created. */
  sessionIds: z.array(z.string()).default([]),
  /** rate: turns that begin each second. */
  perSecond: z.number().default(0),
  /** streams: the time over which they start. */
  rampMs: z.number().default(0),
});

export type Job = z.input<typeof JOB>;

/** Turns that the model answers at once, in this many chunks; the server and the duration are still to be set. */
export function shortTurns({ clients, chunks }: { clients: number; chunks: number }) {
  const text = `hello in ${chunks} chunks`;
  return { kind: 'turns', app: 'plain', text, frames: chunks, clients } as const;
}

/** The load client's results. Times in milliseconds. */
export const RESULT = z.object({
  turns: z.number(),
  elapsedMs: z.number(),
  errors: z.number(),
  /** Messages of the first few errors. */
  errorSamples: z.array(z.string()),
  firstTokenMs: z.object({ p50: z.number(), p99: z.number() }),
  wholeMs: z.object({ p50: z.number(), p99: z.number() }),
  /** streams: the most that were open at one time. */
  mostAtOnce: z.number(),
  clientCpuMs: z.number(),
});

export type Result = z.infer<typeof RESULT>;

/** The value below which `share` of the sorted values lie; 0 if there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
