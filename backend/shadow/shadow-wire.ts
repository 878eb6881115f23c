import { z } from 'zod';

const JSON_OBJECT = z.record(z.string(), z.unknown());

/** A tool call of the real turn with its answer. */
const TOOL = z.object({
  id: z.string(),
  name: z.string(),
  args: JSON_OBJECT,
  response: z.unknown(),
  stateDelta: JSON_OBJECT.optional(),
});

/**
 * A real message with the history before it and the answers of the tools. A candidate needs nothing else. It names no
 * user and no session.
 */
export const SHADOW_TURN = z.object({
  appName: z.string().min(1),
  /** The state of the session before its first event. */
  state: JSON_OBJECT,
  /** Events before the message, in the wire form. */
  history: z.array(JSON_OBJECT).max(5_000),
  newMessage: JSON_OBJECT,
  /** The change of the state by the message's request. */
  stateDelta: JSON_OBJECT.optional(),
  model: z.string().optional(),
  tools: z.array(TOOL).max(500),
});
export type ShadowTurn = z.output<typeof SHADOW_TURN>;

/** The result of a candidate's turn. */
export const SHADOW_ANSWER = z.object({
  /** Complete events in the wire form, without the message. */
  events: z.array(JSON_OBJECT),
  /** Descriptions of tool calls without an answer in the real turn. */
  missing: z.array(z.string()),
  ms: z.number(),
});
export type ShadowAnswer = z.output<typeof SHADOW_ANSWER>;

/** The path at which a candidate accepts turns. */
export const SHADOW_PATH = '/api/v1/shadow/turn';
