import { parseJson } from '../../json/parse-json.ts';
import { A2A_CONTENT_TYPE } from '@a2a-js/sdk';
import {
  A2A_ERROR_CODE,
  ContentTypeNotSupportedError,
  JsonRpcRequestMalformedError,
  RequestMalformedError,
} from '@a2a-js/sdk/errors';
import { AppError } from '../../errors/app-error.ts';
import { excessOf, MAX_NESTING, MAX_VALUES } from '../../web/json-text.ts';
import type { A2aContext } from './context.ts';
import { readBody, type BodyLimits } from '../../web/read-body.ts';

const MEDIA_TYPES: readonly string[] = ['application/json', A2A_CONTENT_TYPE];

/**
 * The JSON of a request, undefined where there is no body. Throws ContentTypeNotSupportedError, RequestMalformedError
 * (for JSON-RPC a parse error), and AppError as readBody does.
 */
export async function readJson(context: A2aContext, limits: BodyLimits): Promise<unknown> {
  const { raw: request } = context.req;
  assertMediaType(request.headers.get('content-type'));
  const bytes = await readBody(request, limits, context.get('held'));
  if (bytes.byteLength === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
  const excess = excessOf(text);
  if (excess === 'values')
    throw new AppError('BODY_TOO_LARGE', `The request body has more than ${MAX_VALUES} values.`);
  if (excess === 'nesting')
    throw new RequestMalformedError(`Arrays and objects are nested more than ${MAX_NESTING} deep.`);
  try {
    return parseJson(text);
  } catch {
    throw malformed('The body is not valid JSON.');
  }
}

function malformed(message: string): Error {
  return new JsonRpcRequestMalformedError({ message, envelopeCode: A2A_ERROR_CODE.PARSE_ERROR });
}

/** A body without a type is taken for JSON. */
function assertMediaType(contentType: string | null): void {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === '' || MEDIA_TYPES.includes(mediaType)) return;
  throw new ContentTypeNotSupportedError(
    `The body must be ${MEDIA_TYPES.join(' or ')}, not ${mediaType.slice(0, 64)}.`,
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
