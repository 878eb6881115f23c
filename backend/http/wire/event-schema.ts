import { z } from 'zod';
import { CONTENT } from './content-schema.ts';
import { optional, strictWireObject, wireArray, wireBoolean, wireObject, wireRecord } from './wire-schema.ts';

const emptyRecord = wireRecord.default({});

/** The fields of Python ADK's EventActions that are read from a caller's event. */
const EVENT_ACTIONS = strictWireObject({
  skipSummarization: optional(wireBoolean),
  stateDelta: emptyRecord,
  artifactDelta: emptyRecord,
  transferToAgent: optional(z.string()),
  transferReason: optional(z.string()),
  escalate: optional(wireBoolean),
  requestedAuthConfigs: emptyRecord,
  requestedToolConfirmations: emptyRecord,
  compaction: optional(wireRecord),
  endOfAgent: optional(wireBoolean),
  agentState: optional(wireRecord),
  rewindBeforeInvocationId: optional(z.string()),
  route: z.unknown().optional(),
});

/** An event that a caller sends when it creates a session: what is needed to restore a conversation. */
export const EVENT = wireObject({
  modelVersion: optional(z.string()),
  content: optional(CONTENT),
  groundingMetadata: optional(wireRecord),
  partial: optional(wireBoolean),
  turnComplete: optional(wireBoolean),
  finishReason: optional(z.string()),
  errorCode: optional(z.string()),
  errorMessage: optional(z.string()),
  interrupted: optional(wireBoolean),
  customMetadata: optional(wireRecord),
  usageMetadata: optional(wireRecord),
  citationMetadata: optional(wireRecord),
  invocationId: z.string().default(''),
  author: z.string().default(''),
  actions: EVENT_ACTIONS.optional(),
  output: z.unknown().optional(),
  nodeInfo: optional(wireRecord),
  longRunningToolIds: optional(wireArray(z.string())),
  branch: optional(z.string()),
  isolationScope: optional(z.string()),
  id: z.string().default(''),
  timestamp: optional(z.number()),
});

export type ParsedEvent = z.output<typeof EVENT>;
