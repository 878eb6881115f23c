import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { isObject } from '../../json/is-object.ts';

/** A part has exactly one of these (A2A 1.0, section 4.1.6). The SDK silently picks one of several. */
const CONTENTS = ['text', 'raw', 'url', 'data'];

/** Throws RequestMalformedError if a ProtoJSON part has several contents or bytes that are not base64. */
export function assertPart(part: unknown): void {
  if (!isObject(part)) return;
  const contents = CONTENTS.filter((name) => part[name] !== undefined && part[name] !== null);
  if (contents.length > 1)
    throw new RequestMalformedError(
      `A part must have one of text, raw, url and data, not ${contents.join(' and ')}.`,
    );
  if (typeof part['raw'] === 'string') assertBase64('raw', part['raw']);
}

/** Throws RequestMalformedError unless the text is standard or URL-safe base64; padding is optional. */
export function assertBase64(name: string, text: string): void {
  if (!/^[\w+/-]*={0,2}$/.test(text)) throw new RequestMalformedError(`${name} must be base64.`);
}
