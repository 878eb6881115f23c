import type { Part } from './eval-set.ts';
import { argsOf, canonical, type Cassette, digestOf, type ModelRequest } from './cassette.ts';
import { NOT_RECORDED, pickStep, type ToolCall } from './tool-answers.ts';

/** One model call of a candidate. */
export interface SeenRequest {
  agent: string;
  request: ModelRequest;
  /** The parts themselves, by their digests, for a person to compare. */
  blobs: Record<string, unknown>;
}

/** A candidate's requests in one turn. */
export interface SeenTurn {
  requests: SeenRequest[];
  /** The real arguments of each tool: callbacks may have changed the model's. */
  runs: { agent: string; name: string; args: unknown }[];
  /** Descriptions of calls that the cassette has no answer for. */
  missing: string[];
}

interface Playing {
  cassette: Cassette;
  turn: number;
  seen: SeenTurn;
  /** Ids of calls that were already answered. */
  answered: Set<string>;
}

export interface CassetteServer {
  url: string;
  /** From now on this session plays this turn of this cassette; returns what is recorded of it. */
  beginTurn: (sessionId: string, cassette: Cassette, turn: number) => SeenTurn;
  /** Ends the session. */
  end: (sessionId: string) => void;
  /** Whether there was any request: a candidate that was started without the variables makes none. */
  wasAsked: () => boolean;
  stop: () => Promise<void>;
}

/**
 * Plays cassettes to a candidate: answers as Gemini's API, and for the tools. The header x-lornu-replay names the
 * conversation and the calling agent (backend/agents/replay-plugin.ts sets it).
 */
export function startCassetteServer({ host = '127.0.0.1', port = 0 } = {}): CassetteServer {
  const playing = new Map<string, Playing>();
  let asked = false;
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: 0,
    development: false,
    // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
    reusePort: false,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const [session = '', agent = ''] = (request.headers.get('x-lornu-replay') ?? '')
        .split('/')
        .map(decodeURIComponent);
      const one = playing.get(session);
      if (pathname.endsWith('/replay/tool')) {
        asked = true;
        return Response.json(
          one
            ? answerTool(one, agent, (await request.json()) as ToolCall)
            : { response: { error: NOT_RECORDED } },
        );
      }
      const model = /\/models\/([^:/]+)(?::(\w+))?$/u.exec(pathname);
      if (!model) return new Response('{"error":{"code":404,"status":"NOT_FOUND"}}', { status: 404 });
      // A candidate looks its model up when it starts.
      if (request.method === 'GET')
        return Response.json({ name: `models/${model[1]}`, supportedGenerationMethods: ['generateContent'] });
      asked = true;
      const body = (await request.json()) as ModelBody;
      const answer = one
        ? answerModel(one, agent, model[1] ?? '', body)
        : { parts: [{ text: NOT_RECORDED }] };
      return respond(answer, model[1] ?? '', model[2] === 'streamGenerateContent');
    },
  });
  return {
    url: server.url.origin,
    beginTurn: (sessionId, cassette, turn) => {
      const seen: SeenTurn = { requests: [], runs: [], missing: [] };
      playing.set(sessionId, {
        cassette,
        turn,
        seen,
        answered: playing.get(sessionId)?.answered ?? new Set(),
      });
      return seen;
    },
    end: (sessionId) => void playing.delete(sessionId),
    wasAsked: () => asked,
    stop: async () => server.stop(true),
  };
}

interface ModelBody {
  contents: unknown[];
  systemInstruction?: { parts?: { text?: string }[] };
  tools?: unknown;
  toolConfig?: unknown;
  generationConfig?: unknown;
}

interface Answer {
  parts: Part[];
  finishReason?: string | undefined;
  usage?: Record<string, unknown> | undefined;
}

/** Each agent gets its recorded answers in order, whatever it requests. */
function answerModel(
  { cassette, turn, seen }: Playing,
  agent: string,
  model: string,
  body: ModelBody,
): Answer {
  const blobs: Record<string, unknown> = {};
  const put = (value: unknown): string => {
    const digest = digestOf(value);
    blobs[digest] = value;
    return digest;
  };
  const nth = seen.requests.filter((one) => one.agent === agent).length;
  seen.requests.push({
    agent,
    blobs,
    request: {
      model,
      instruction: put((body.systemInstruction?.parts ?? []).map(({ text }) => text ?? '').join('\n')),
      tools: put(body.tools ?? []),
      settings: put({ ...(body.generationConfig as object), toolConfig: body.toolConfig }),
      history: put(body.contents),
      bytes: canonical(body).length,
    },
  });
  const step = cassette.turns[turn]?.model.filter((one) => one.agent === agent)[nth];
  if (step)
    return {
      parts: cassette.blobs[step.answer] as Part[],
      finishReason: step.finishReason,
      usage: step.usage,
    };
  seen.missing.push(`${agent} asks the model once more`);
  return { parts: [{ text: NOT_RECORDED }] };
}

function answerTool(
  { cassette, turn, seen, answered }: Playing,
  agent: string,
  { id = '', name, args }: ToolCall,
): { response: unknown; stateDelta?: unknown } {
  seen.runs.push({ agent, name, args });
  const played = cassette.turns[turn];
  const free = (played?.tools ?? [])
    .filter((one) => !answered.has(`${turn}/${one.id}`))
    .map((one) => ({ ...one, args: digestOf(played && argsOf(played, one.id, cassette.blobs)) }));
  const step = pickStep(free, { id, name, args });
  if (!step) {
    seen.missing.push(`${name} was not called there`);
    return { response: { error: NOT_RECORDED } };
  }
  answered.add(`${turn}/${step.id}`);
  return {
    response: cassette.blobs[step.response],
    ...(step.stateDelta ? { stateDelta: cassette.blobs[step.stateDelta] } : {}),
  };
}

function respond(
  { parts, finishReason = 'STOP', usage }: Answer,
  model: string,
  isStream: boolean,
): Response {
  const body = {
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }],
    modelVersion: `cassette of ${model}`,
    ...(usage ? { usageMetadata: usage } : {}),
  };
  return isStream
    ? new Response(`data: ${JSON.stringify(body)}\r\n\r\n`, {
        headers: { 'content-type': 'text/event-stream' },
      })
    : Response.json(body);
}
