import { z } from 'zod';
import { WHEN_BUSY } from '../../turn/turn-request.ts';
import { CONTENT, PART } from './content-schema.ts';
import { EVENT } from './event-schema.ts';
import { optional, wireArray, wireBoolean, wireObject, wireRecord } from './wire-schema.ts';

// The request bodies of Python ADK's API server, with the keys and key order of its models.

/** Limits of a turn's metadata (JSON bytes) and ids (characters), because each event and each chunk repeats them. */
const MAX_METADATA_BYTES = 16 * 1024;
const MAX_ID_CHARS = 512;

const metadata = wireRecord.refine(
  (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
  { error: `Value error, the metadata of a turn has at most ${MAX_METADATA_BYTES} bytes as JSON` },
);
const id = z.string().max(MAX_ID_CHARS, { error: `String should have at most ${MAX_ID_CHARS} characters` });

export const RUN_AGENT_REQUEST = wireObject({
  appName: optional(z.string()),
  userId: z.string(),
  sessionId: z.string(),
  newMessage: optional(CONTENT),
  streaming: wireBoolean.default(false),
  stateDelta: optional(wireRecord),
  functionCallEventId: optional(id),
  invocationId: optional(id),
  customMetadata: optional(metadata),
  serviceTier: optional(z.string()),
  /** Our own fields; google-adk does not have them. */
  model: optional(z.string()).meta({
    description: 'Model for this turn: one of those that /version names. The usual one where it is left out.',
  }),
  whenBusy: optional(z.enum(WHEN_BUSY)).meta({
    description:
      'Where the session has a turn under way: refuse the message (409, the default), queue it, or interrupt the turn.',
  }),
});

export const CREATE_SESSION_REQUEST = wireObject({
  sessionId: optional(z.string()),
  state: optional(wireRecord),
  events: optional(wireArray(EVENT)),
  options: optional(wireRecord),
});

export const SAVE_ARTIFACT_REQUEST = wireObject({
  filename: z.string(),
  artifact: PART,
  customMetadata: optional(wireRecord),
});

export const UPDATE_MEMORY_REQUEST = wireObject({ sessionId: z.string() });

export const REWIND_REQUEST = wireObject({ rewindBeforeInvocationId: z.string() });

/** Our own request; google-adk cannot copy sessions. */
export const COPY_SESSION_REQUEST = wireObject({
  beforeInvocationId: optional(z.string()),
  state: optional(wireRecord),
});

export const UPDATE_SESSION_REQUEST = wireObject({ stateDelta: wireRecord });
