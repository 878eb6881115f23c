import { z } from 'zod';

const JSON_OBJECT = z.record(z.string(), z.unknown());

/** A call of the real turn with its answer. */
const TOOL = z.object({
  id: z.string(),
  name: z.string(),
  args: JSON_OBJECT,
  response: z.unknown(),
  stateDelta: JSON_OBJECT.optional(),
});

/**
 * A real message, what was said before it, and what the tools answered: all that a candidate needs. It names no user and
 * no session.
 */
export const SHADOW_TURN = z.object({
  appName: z.string().min(1),
  /** Of the session before its first event. */
  state: JSON_OBJECT,
  /** Events before the message, in the wire form. */
  history: z.array(JSON_OBJECT).max(5_000),
  newMessage: JSON_OBJECT,
  /** What the message's request changed in the state. */
  stateDelta: JSON_OBJECT.optional(),
  model: z.string().optional(),
  tools: z.array(TOOL).max(500),
});
export type ShadowTurn = z.output<typeof SHADOW_TURN>;

/** What a candidate did with it. */
export const SHADOW_ANSWER = z.object({
  /** Complete events in the wire form, without the message. */
  events: z.array(JSON_OBJECT),
  /** Descriptions of calls that the real turn has no answer for. */
  missing: z.array(z.string()),
  ms: z.number(),
});
export type ShadowAnswer = z.output<typeof SHADOW_ANSWER>;

/** Where a candidate takes turns. */
export const SHADOW_PATH = '/api/v1/shadow/turn';
