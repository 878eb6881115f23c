import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Session, WireEvent } from './agent-client.ts';
import { FormatError, type Part } from './eval-set.ts';

/** A model request, in parts that change for different reasons; each is a digest in `blobs`. */
const REQUEST = z.object({
  model: z.string(),
  instruction: z.string(),
  tools: z.string(),
  settings: z.string(),
  /** Only the digest: the turns already contain the history. */
  history: z.string(),
  /** Bytes of the whole. */
  bytes: z.number(),
});
/** One step of a turn, as seen from outside. */
const ITEM = z.object({
  kind: z.enum(['call', 'run', 'result', 'text', 'state', 'failure']),
  agent: z.string(),
  name: z.string(),
  value: z.unknown(),
});
const MODEL_STEP = z.object({
  agent: z.string(),
  /** Digest of the answer's parts. */
  answer: z.string(),
  finishReason: z.string().optional(),
  usage: z.record(z.string(), z.unknown()).optional(),
});
const TOOL_STEP = z.object({
  id: z.string(),
  name: z.string(),
  /** Digest of its result. Its arguments are in the model's answer that has this id. */
  response: z.string(),
  /** Digest of its changes of the session's state. */
  stateDelta: z.string().optional(),
});
const TURN = z.object({
  /** Digest of the person's message. */
  message: z.string(),
  at: z.number(),
  model: z.array(MODEL_STEP),
  tools: z.array(TOOL_STEP),
  /** What the correct agent does in a replay; written by lornu replay --accept. */
  accepted: z
    .object({
      items: z.array(ITEM),
      requests: z.array(z.object({ agent: z.string(), request: REQUEST })),
      /** Digest of the events on the wire, without ids and times. */
      wire: z.string(),
      ms: z.number(),
    })
    .optional(),
});
const CASSETTE = z.object({
  cassette: z.literal(1),
  name: z.string(),
  appName: z.string(),
  /** State at the start. */
  state: z.string(),
  turns: z.array(TURN).min(1),
  /** JSON by its digest: each value is stored once. */
  blobs: z.record(z.string(), z.unknown()),
});

export type Cassette = z.infer<typeof CASSETTE>;
export type CassetteTurn = z.infer<typeof TURN>;
export type Item = z.infer<typeof ITEM>;
export type ModelRequest = z.infer<typeof REQUEST>;

/**
 * Parses a cassette; throws FormatError with a sentence. `requests` are blobs that other cassettes of its folder have
 * too; without them it can be played, but not shown what its agents asked the model.
 */
export function parseCassette(text: string, requests: Readonly<Record<string, unknown>> = {}): Cassette {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FormatError('It is not JSON.');
  }
  const version = (json as { cassette?: unknown } | null)?.cassette;
  if (version !== 1)
    throw new FormatError(
      `It is ${version === undefined ? 'no cassette' : `a cassette of version ${JSON.stringify(version)}; this lornu reads version 1`}.`,
    );
  const result = CASSETTE.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new FormatError(`Its ${issue?.path.join('.')} is wrong: ${issue?.message}.`);
  }
  const { blobs } = result.data;
  const missing = playedDigests(result.data).find((digest) => !(digest in blobs));
  if (missing !== undefined) throw new FormatError(`What has the digest ${missing} is missing in it.`);
  const asked = askedDigests(result.data).filter((digest) => digest in requests);
  return {
    ...result.data,
    blobs: { ...blobs, ...Object.fromEntries(asked.map((digest) => [digest, requests[digest]])) },
  };
}

/** Splits off what only the requests to the model contain (instructions, tools, settings): other cassettes have it too. */
export function splitRequests(cassette: Cassette): { cassette: Cassette; requests: Record<string, unknown> } {
  const played = new Set(playedDigests(cassette));
  const asked = new Set(askedDigests(cassette).filter((digest) => !played.has(digest)));
  const blobsWhere = (isKept: (digest: string) => boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(cassette.blobs).filter(([digest]) => isKept(digest)));
  return {
    cassette: { ...cassette, blobs: blobsWhere((digest) => !asked.has(digest)) },
    requests: blobsWhere((digest) => asked.has(digest)),
  };
}

/** Digests of what its agents ask the model, except the history. */
const askedDigests = ({ turns }: Cassette): string[] =>
  turns
    .flatMap(({ accepted }) => accepted?.requests ?? [])
    .flatMap(({ request: { instruction, tools, settings } }) => [instruction, tools, settings]);

/** Digests of everything that is needed to play a cassette. */
const playedDigests = ({ state, turns }: Cassette): string[] => [
  state,
  ...turns.flatMap(({ message, model, tools }) => [
    message,
    ...model.map(({ answer }) => answer),
    ...tools.flatMap(({ response, stateDelta = [] }) => [response, stateDelta].flat()),
  ]),
];

/** JSON with sorted keys: the same value has the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${fields
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(',')}}`;
}

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 24);

/** Stores a value among the cassette's blobs; returns its digest. */
export function keep(blobs: Record<string, unknown>, value: unknown): string {
  const digest = digestOf(value);
  blobs[digest] = value;
  return digest;
}

/** ADK's built-in tools, which always run: they transfer to another agent or ask a person, and have no other effect. */
const BUILT_IN = /^(?:transfer_to_agent|adk_request_\w+)$/u;

/**
 * Converts a conversation to a cassette. The answers of the model and the tools come from the events; the first replay
 * adds the model requests. Undefined if there is no message.
 */
export function toCassette(session: Session, name: string): Cassette | undefined {
  const blobs: Record<string, unknown> = {};
  const turns: CassetteTurn[] = [];
  const ids = new Map<string, string>();
  for (const event of session.events) {
    if (event.partial) continue;
    if (event.author === 'user') {
      if (event.content)
        turns.push({
          message: keep(blobs, withIds(event.content.parts ?? [], ids)),
          at: event.timestamp ?? 0,
          model: [],
          tools: [],
        });
      continue;
    }
    const turn = turns.at(-1);
    const parts = withIds(event.content?.parts ?? [], ids);
    if (!turn || parts.length === 0) continue;
    const responses = parts.flatMap(({ functionResponse }) => functionResponse ?? []);
    if (responses.length > 0) addResponses(turn, responses, event, blobs);
    // The model did not write ADK's questions to a person.
    else if (!parts.some(({ functionCall }) => functionCall?.name.startsWith('adk_request_')))
      turn.model.push({
        agent: event.author ?? '',
        answer: keep(blobs, parts),
        ...(typeof event['finishReason'] === 'string' ? { finishReason: event['finishReason'] } : {}),
        ...(event.usageMetadata ? { usage: countsOf(event.usageMetadata) } : {}),
      });
  }
  if (turns.length === 0) return undefined;
  return { cassette: 1, name, appName: session.appName, state: keep(blobs, startOf(session)), turns, blobs };
}

/** The token counts without their split by modality, which a replay does not need. */
const countsOf = (usage: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(usage).filter(([, count]) => typeof count === 'number'));

/** Numbers the ids of calls in order, so that the same conversation gives the same cassette. */
function withIds(parts: readonly Part[], ids: Map<string, string>): Part[] {
  const idOf = (id: string | null | undefined): string => {
    const known = ids.get(id ?? '') ?? `call-${ids.size + 1}`;
    if (id) ids.set(id, known);
    return known;
  };
  return parts.map((part) => ({
    ...part,
    ...(part.functionCall ? { functionCall: { ...part.functionCall, id: idOf(part.functionCall.id) } } : {}),
    ...(part.functionResponse
      ? { functionResponse: { ...part.functionResponse, id: idOf(part.functionResponse.id) } }
      : {}),
  }));
}

function addResponses(
  turn: CassetteTurn,
  responses: readonly NonNullable<Part['functionResponse']>[],
  event: WireEvent,
  blobs: Record<string, unknown>,
): void {
  const { stateDelta = {} } = event.actions ?? {};
  for (const { id, name, response } of responses) {
    if (BUILT_IN.test(name)) continue;
    turn.tools.push({
      id: id ?? '',
      name,
      response: keep(blobs, response ?? null),
      ...(Object.keys(stateDelta).length > 0 ? { stateDelta: keep(blobs, stateDelta) } : {}),
    });
  }
}

/** The arguments of a tool's call, from the model's answer. */
export function argsOf(turn: CassetteTurn, id: string, blobs: Readonly<Record<string, unknown>>): unknown {
  const parts = turn.model.flatMap(({ answer }) => blobs[answer] as Part[]);
  return parts.find(({ functionCall }) => functionCall?.id === id)?.functionCall?.args ?? {};
}

/** The initial state, estimated from the end: keys that no event changed were there. */
export function startOf({
  state,
  events,
}: {
  state: Record<string, unknown>;
  events: readonly { actions?: { stateDelta?: Record<string, unknown> } }[];
}): Record<string, unknown> {
  const changed = new Set(events.flatMap(({ actions }) => Object.keys(actions?.stateDelta ?? {})));
  return Object.fromEntries(
    Object.entries(state).filter(
      ([key]) => !changed.has(key) && !key.startsWith('app:') && !key.startsWith('__'),
    ),
  );
}
