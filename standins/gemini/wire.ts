import type { Part } from './request.ts';
import type { FinishReason } from './script.ts';

/** Google's canonical names for HTTP statuses, with a message like the real API's. */
const STATUSES: Record<number, { status: string; message: string }> = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: {
    status: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials. Expected OAuth 2 access token.',
  },
  403: {
    status: 'PERMISSION_DENIED',
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  },
  404: { status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  429: {
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  500: { status: 'INTERNAL', message: 'An internal error has occurred. Please retry.' },
  503: { status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  504: { status: 'DEADLINE_EXCEEDED', message: 'Deadline expired before operation could complete.' },
};

/** google.rpc.Status as the API's front end renders it, with RetryInfo among the details if a delay is given. */
export function errorBody(status: number, message?: string, retryAfterSeconds?: number) {
  const known = STATUSES[status];
  const details =
    retryAfterSeconds === undefined
      ? undefined
      : [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` },
        ];
  return {
    error: { code: status, message: message ?? known?.message, status: known?.status ?? 'UNKNOWN', details },
  };
}

/** An error response: pretty-printed JSON, as Google's front ends send it with and without streaming. */
export function errorResponse(status: number, message?: string, retryAfterSeconds?: number): Response {
  return new Response(`${JSON.stringify(errorBody(status, message, retryAfterSeconds), null, 2)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
  });
}

/** Token usage so far; the prompt's part is fixed, the answer's grows with each chunk. */
export interface Usage {
  promptTokenCount: number;
  candidatesTokenCount: number;
  thoughtsTokenCount: number;
}

const CHARACTERS_PER_TOKEN = 4;

export function tokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** One GenerateContentResponse: a whole answer, or one chunk of a stream. */
export function responseBody(input: {
  /** The model that answers, which may differ from the requested one. */
  model: string;
  responseId: string;
  usage: Usage;
  parts: Part[];
  finishReason?: FinishReason;
  promptBlocked?: boolean;
}) {
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = input.usage;
  return {
    ...(input.promptBlocked
      ? { promptFeedback: { blockReason: 'SAFETY' } }
      : {
          candidates: [
            {
              content: input.parts.length > 0 ? { parts: input.parts, role: 'model' } : { role: 'model' },
              ...(input.finishReason && { finishReason: input.finishReason }),
              index: 0,
            },
          ],
        }),
    usageMetadata: {
      promptTokenCount,
      ...(candidatesTokenCount > 0 && { candidatesTokenCount }),
      totalTokenCount: promptTokenCount + candidatesTokenCount + thoughtsTokenCount,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
      ...(thoughtsTokenCount > 0 && { thoughtsTokenCount }),
    },
    modelVersion: `stand-in for ${input.model}`,
    responseId: input.responseId,
  };
}

export function modelBody(model: string) {
  return {
    name: `models/${model}`,
    version: 'stand-in',
    displayName: `Stand-in for ${model}`,
    description: 'Answers by rules, for demonstrations and tests. No model is behind it.',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}
