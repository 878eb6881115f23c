import { A2A_CONTENT_TYPE } from '@a2a-js/sdk';
import {
  A2A_ERROR_CODE,
  ContentTypeNotSupportedError,
  JsonRpcRequestMalformedError,
  RequestMalformedError,
} from '@a2a-js/sdk/errors';
import { decodeBody, parseBody, UnreadableBody } from '../../web/json-text.ts';
import type { A2aContext } from './context.ts';
import { readBody, type BodyLimits } from '../../web/read-body.ts';

const MEDIA_TYPES: readonly string[] = ['application/json', A2A_CONTENT_TYPE];

/**
 * The JSON body, or undefined if there is none. Throws ContentTypeNotSupportedError, RequestMalformedError (for
 * JSON-RPC a parse error), and AppError as readBody does.
 */
export async function readJson(context: A2aContext, limits: BodyLimits): Promise<unknown> {
  const { raw: request } = context.req;
  assertMediaType(request.headers.get('content-type'));
  try {
    const text = await decodeBody(await readBody(request, limits, context.get('held')));
    return text === '' ? undefined : await parseBody(text);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    if (error.why === 'content') throw new RequestMalformedError(`${error.message}.`);
    throw malformed(error.why === 'encoding' ? `${error.message}.` : 'The body is not valid JSON.');
  }
}

function malformed(message: string): Error {
  return new JsonRpcRequestMalformedError({ message, envelopeCode: A2A_ERROR_CODE.PARSE_ERROR });
}

/** A body without a content type is treated as JSON. */
function assertMediaType(contentType: string | null): void {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === '' || MEDIA_TYPES.includes(mediaType)) return;
  throw new ContentTypeNotSupportedError(
    `The body must be ${MEDIA_TYPES.join(' or ')}, not ${mediaType.slice(0, 64)}.`,
  );
}
