import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { WHEN_BUSY, type WhenBusy } from '../../turn/turn-request.ts';

/** Message metadata: what to do if the context already has a running turn. */
export const WHEN_BUSY_KEY = 'https://lornu.ai/a2a/when-busy';

/** Undefined if the message does not set it. Throws RequestMalformedError for an unknown value. */
export function whenBusyOf(metadata: Readonly<Record<string, unknown>> | undefined): WhenBusy | undefined {
  const asked = metadata?.[WHEN_BUSY_KEY];
  if (asked === undefined || asked === null) return undefined;
  const known = WHEN_BUSY.find((word) => word === asked);
  if (!known)
    throw new RequestMalformedError(`message.metadata: ${WHEN_BUSY_KEY} is one of ${WHEN_BUSY.join(', ')}.`);
  return known;
}
