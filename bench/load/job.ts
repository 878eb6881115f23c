import { z } from 'zod';

/** The load client's job, as JSON on the command line. */
export const JOB = z.object({
  /**
   * loops: each client sends its next turn when the last one has ended (closed loop). rate: turns begin at a constant
   * rate, however long they take (open loop). streams: many at once.
   */
  kind: z.enum(['loops', 'rate', 'streams']),
  url: z.string(),
  /** Sent as a bearer token. */
  token: z.string(),
  /** How a turn is started: /run_sse, or SendStreamingMessage of A2A 1.0. */
  protocol: z.enum(['rest', 'a2a']).default('rest'),
  app: z.string().default('plain'),
  /** The message of each turn, including the stand-in's modifiers. */
  text: z.string(),
  /** Least number of data frames of a complete answer. */
  frames: z.number(),
  /** loops: number of parallel loops. streams: number of concurrent streams. */
  clients: z.number().default(1),
  /** loops, rate: duration. */
  seconds: z.number().default(0),
  /** loops: turns per session before a new one is created. */
  turnsPerSession: z.number().default(10),
  /** loops: existing sessions that are used in rotation; none is created. */
  sessionIds: z.array(z.string()).default([]),
  /** rate: turns that begin each second. */
  perSecond: z.number().default(0),
  /** streams: the time over which they start. */
  rampMs: z.number().default(0),
  /** The time that the model takes to write an answer. */
  paceMs: z.number().default(0),
});

export type Job = z.input<typeof JOB>;

/** A turn that the model answers at once, in this many chunks. */
export const turnOf = (chunks: number) => ({ text: `hello in ${chunks} chunks`, frames: chunks });

const LATENCY = z.object({ p50: z.number(), p99: z.number(), most: z.number() });
export type Latency = z.infer<typeof LATENCY>;

/** The load client's results. Times in milliseconds, counted from when the turn should have begun. */
export const RESULT = z.object({
  turns: z.number(),
  elapsedMs: z.number(),
  errors: z.number(),
  /** Messages of the first few errors. */
  errorSamples: z.array(z.string()),
  firstTokenMs: LATENCY,
  /**
   * How much longer the whole turn took than the model (`paceMs`). HdrHistogram's precision is relative: of whole turns
   * of 30 s it would be 33 ms.
   */
  lateMs: LATENCY,
  /** streams: the most that were open at one time. */
  mostAtOnce: z.number(),
});

export type Result = z.infer<typeof RESULT>;
