import { readCondition, type Condition } from './condition.ts';
import { declaredFunctions, type GeminiRequest, promptLength, readConversation } from './request.ts';
import { Responder } from './respond.ts';
import { lostSignatures, refuseByModel } from './model-rules.ts';
import { noAnswer, type StreamEnd, streamAnswer, wholeAnswer } from './stream.ts';
import { readRequest } from './validate.ts';
import { errorResponse, modelBody, tokens } from './wire.ts';

export interface StandinOptions {
  chunks: number;
  delayMs: number;
  /** Retired models, which get 404. */
  retired?: readonly string[];
  /** Answers with this model whichever was requested, as Google does for a retired one; modelVersion says so. */
  answersAs?: string;
  /** Called once for each finished response. */
  onRequest?: (entry: RequestEntry) => void;
}

/** One model call in GET /stand-in/requests. */
export interface RequestEntry {
  model: string;
  method: string;
  userText: string;
  rule: string;
  contents: number;
  functions: string[];
  promptTokenCount: number;
  status: number;
  end?: StreamEnd;
}

const CALL = /\/models\/(?<model>[^/:]+)(?::(?<method>\w+))?$/;
const KEPT_REQUESTS = 200;
/** The real API refuses this key with API_KEY_INVALID; the stand-in does too, to show the effect of a bad key. */
const INVALID_KEY = 'invalid';

/** The stand-in as a fetch handler: Gemini's paths (Developer API and Vertex alike), and its own below /stand-in. */
export function createStandin(options: StandinOptions): (request: Request) => Promise<Response> {
  const responder = new Responder();
  const requests: RequestEntry[] = [];
  let lost = 0;
  const held = new HeldAnswers();
  let condition: Condition = {};

  return async (request) => {
    const url = new URL(request.url);
    if (url.pathname === '/stand-in/requests') return Response.json(requests);
    if (url.pathname === '/stand-in/lost-signatures') return Response.json(lost);
    if (url.pathname === '/stand-in/release' && request.method === 'POST')
      return Response.json(held.release());
    if (url.pathname === '/stand-in/condition' && request.method === 'POST') {
      const read = await readCondition(request);
      if (read instanceof Response) return read;
      condition = read;
      return Response.json(condition);
    }
    const path = CALL.exec(url.pathname)?.groups;
    if (!path?.['model']) return errorResponse(404);
    const model = decodeURIComponent(path['model']);
    const refused = refuseCaller(request.headers, url, condition);
    if (refused) return refused;
    const answersAs = condition.answersAs ?? options.answersAs;
    if (options.retired?.includes(model)) return errorResponse(404, retiredMessage(model));
    const method = path['method'];
    if (!method) return Response.json(modelBody(model));
    const parsed = readRequest(await request.text());
    if (typeof parsed === 'string') return errorResponse(400, parsed);
    const unfit = refuseByModel(answersAs ?? model, parsed);
    if (unfit) return errorResponse(400, unfit);
    lost += lostSignatures(parsed);
    if (method === 'countTokens') return Response.json(countTokens(parsed));
    if (method !== 'generateContent' && method !== 'streamGenerateContent') return errorResponse(404);

    const chosen = responder.choose(parsed);
    const { rule } = chosen;
    const script =
      condition.delayMs === undefined ? chosen.script : { ...chosen.script, delayMs: condition.delayMs };
    const promptTokenCount = tokens(promptLength(parsed));
    const entry: RequestEntry = {
      model,
      method,
      userText: readConversation(parsed.contents).userText.slice(0, 200),
      rule,
      contents: parsed.contents.length,
      functions: declaredFunctions(parsed).map(({ name }) => name),
      promptTokenCount,
      status: script.refusal?.status ?? 200,
    };
    requests.push(entry);
    if (requests.length > KEPT_REQUESTS) requests.shift();
    const end = (how: StreamEnd) => {
      entry.end = how;
      options.onRequest?.(entry);
    };
    if (script.refusal) {
      end('done');
      return errorResponse(script.refusal.status, undefined, script.refusal.retryAfterSeconds);
    }
    const answer = {
      ...options,
      ...(answersAs === undefined ? {} : { answersAs }),
      untilReleased: (left: AbortSignal) => held.untilReleased(left),
      model: answersAs ?? model,
      responseId: crypto.randomUUID(),
      promptTokenCount,
    };
    if (script.noAnswer) {
      end('done');
      return noAnswer(script.noAnswer, answer);
    }
    if (method === 'streamGenerateContent') return streamAnswer(script, answer, end);
    return answerWhole(script, answer, end, request.signal);
  };
}

/** Answers that are held until a test releases them, however fast the machine is. */
class HeldAnswers {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next release, or once the caller has left. */
  async untilReleased(left: AbortSignal): Promise<void> {
    if (left.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    left.addEventListener('abort', () => resolve());
    await promise;
    this.#waiting.delete(resolve);
  }

  /** Releases the answers that are held now; returns their number. */
  release(): number {
    const count = this.#waiting.size;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    return count;
  }
}

/** Without streaming, a failure is one of: no response (stall), a cut connection, a refusal. */
async function answerWhole(
  script: Parameters<typeof wholeAnswer>[0],
  answer: Parameters<typeof wholeAnswer>[1],
  end: (how: StreamEnd) => void,
  signal: AbortSignal,
): Promise<Response> {
  const kind = script.mishap?.kind;
  if (kind === 'stall') {
    end('stalled');
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    return errorResponse(504);
  }
  if (kind === 'break') {
    return streamAnswer({ ...script, mishap: { kind, afterChunks: 0 } }, answer, end);
  }
  await (script.heldAfter ? answer.untilReleased(signal) : Bun.sleep(script.delayMs ?? answer.delayMs));
  end('done');
  return kind ? errorResponse(503) : Response.json(wholeAnswer(script, answer));
}

function refuseCaller(headers: Headers, url: URL, condition: Condition): Response | undefined {
  const { refuses, exceptKey, onlyKey } = condition;
  const key = headers.get('x-goog-api-key') ?? url.searchParams.get('key');
  if (refuses !== undefined && (exceptKey === undefined || key !== exceptKey)) return errorResponse(refuses);
  if (key === INVALID_KEY || (onlyKey !== undefined && key !== onlyKey))
    return errorResponse(400, 'API key not valid. Please pass a valid API key.');
  return key || headers.get('authorization') ? undefined : errorResponse(403);
}

/** The real API's message for a model that existed. */
function retiredMessage(model: string): string {
  return `This model models/${model} is no longer available. Please update your code to use a newer model for the latest features and improvements.`;
}

function countTokens(request: GeminiRequest) {
  const totalTokens = tokens(promptLength(request));
  return { totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] };
}
