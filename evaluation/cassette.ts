import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Session, WireEvent } from './agent-client.ts';
import { FormatError, type Part } from './eval-set.ts';

/** What the model was asked, in parts that change for different reasons; each a digest of `blobs`. */
const REQUEST = z.object({
  model: z.string(),
  instruction: z.string(),
  tools: z.string(),
  settings: z.string(),
  /** The digest alone: what was said is in the turns already. */
  history: z.string(),
  /** Bytes of the whole. */
  bytes: z.number(),
});
/** One thing that a turn does, as it is seen from outside. */
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
  /** Digests of what it was given and what it gave back. */
  args: z.string(),
  response: z.string(),
  /** Digest of what it changed in the session's state. */
  stateDelta: z.string().optional(),
});
const TURN = z.object({
  /** Digest of the person's message. */
  message: z.string(),
  at: z.number(),
  model: z.array(MODEL_STEP),
  tools: z.array(TOOL_STEP),
  /** What it does when it is replayed with the agent that is right; written by lornu replay --accept. */
  accepted: z
    .object({
      items: z.array(ITEM),
      requests: z.array(z.object({ agent: z.string(), request: REQUEST })),
      /** Digest of the events as they are on the wire, without ids and times. */
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
  /** JSON by its digest: each text once, however often it was said. */
  blobs: z.record(z.string(), z.unknown()),
});

export type Cassette = z.infer<typeof CASSETTE>;
export type CassetteTurn = z.infer<typeof TURN>;
export type Item = z.infer<typeof ITEM>;
export type ModelRequest = z.infer<typeof REQUEST>;

/** Reads a cassette; throws FormatError with a sentence. */
export function parseCassette(text: string): Cassette {
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
  const { turns, state, blobs } = result.data;
  const used = [
    state,
    ...turns.flatMap(({ message, model, tools }) => [
      message,
      ...model.map(({ answer }) => answer),
      ...tools.flatMap(({ args, response }) => [args, response]),
    ]),
  ];
  const missing = used.find((digest) => !(digest in blobs));
  if (missing !== undefined) throw new FormatError(`What has the digest ${missing} is missing in it.`);
  return result.data;
}

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

/** Keeps a value among the cassette's blobs; gives its digest. */
export function keep(blobs: Record<string, unknown>, value: unknown): string {
  const digest = digestOf(value);
  blobs[digest] = value;
  return digest;
}

/** Built into ADK and always run: they change which agent answers, or ask a person, and touch nothing else. */
const BUILT_IN = /^(?:transfer_to_agent|adk_request_\w+)$/u;

/**
 * A conversation as a cassette. The model's answers and the tools' are taken from the events; what it asks of the model is
 * added by the first replay. Undefined where nothing was said.
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
    // What ADK asks of a person, the model did not say.
    else if (!parts.some(({ functionCall }) => functionCall?.name.startsWith('adk_request_')))
      turn.model.push({
        agent: event.author ?? '',
        answer: keep(blobs, parts),
        ...(typeof event['finishReason'] === 'string' ? { finishReason: event['finishReason'] } : {}),
        ...(event.usageMetadata ? { usage: event.usageMetadata } : {}),
      });
  }
  if (turns.length === 0) return undefined;
  return { cassette: 1, name, appName: session.appName, state: keep(blobs, startOf(session)), turns, blobs };
}

/** Ids of calls, numbered in their order: the same conversation is the same cassette. */
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
      args: keep(blobs, argsOf(turn, id, blobs)),
      response: keep(blobs, response ?? null),
      ...(Object.keys(stateDelta).length > 0 ? { stateDelta: keep(blobs, stateDelta) } : {}),
    });
  }
}

function argsOf(turn: CassetteTurn, id: string | null | undefined, blobs: Record<string, unknown>): unknown {
  const parts = turn.model.flatMap(({ answer }) => blobs[answer] as Part[]);
  return parts.find(({ functionCall }) => functionCall?.id === id)?.functionCall?.args ?? {};
}

/** The state before the first turn cannot be read from the end; what no event changed was there. */
function startOf({ state, events }: Session): Record<string, unknown> {
  const changed = new Set(events.flatMap(({ actions }) => Object.keys(actions?.stateDelta ?? {})));
  return Object.fromEntries(
    Object.entries(state).filter(
      ([key]) => !changed.has(key) && !key.startsWith('app:') && !key.startsWith('__'),
    ),
  );
}
