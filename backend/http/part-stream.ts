import type { OpenArtifact } from '../artifacts/artifact-service.ts';
import { toUrlSafeBase64 } from '../events/base64.ts';
import { partToWire } from '../events/wire.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Placeholder for the content in the part's JSON; in a name it would be escaped. */
const CONTENT = 'AAAA';

/** The JSON of an artifact's part, streamed: the file is encoded as it is read and is never in memory as a whole. */
export function partJson(artifact: OpenArtifact): ReadableStream<Bytes> | string {
  if ('fileData' in artifact) return JSON.stringify(partToWire(artifact));
  const { stream, isText } = artifact;
  const { size: _size, stream: _stream, isText: _isText, ...blob } = { ...artifact };
  const part = isText ? { text: CONTENT } : { inlineData: { data: CONTENT, ...blob } };
  const json = JSON.stringify(partToWire(part));
  const at = json.indexOf(`:"${CONTENT}"`) + 2;
  const encoder = new TextEncoder();
  const content = isText ? jsonCharacters() : base64Characters();
  const reader = stream.getReader();
  let begin = json.slice(0, at);
  return new ReadableStream<Bytes>(
    {
      async pull(out) {
        const { done, value } = await reader.read();
        const text = begin + (done ? content.end() + json.slice(at + CONTENT.length) : content.add(value));
        begin = '';
        out.enqueue(encoder.encode(text));
        if (done) out.close();
      },
      cancel: async (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

interface Characters {
  add(bytes: Bytes): string;
  end(): string;
}

/** Escapes text for a JSON string. */
function jsonCharacters(): Characters {
  const decoder = new TextDecoder();
  const escape = (text: string) => JSON.stringify(text).slice(1, -1);
  return {
    add: (bytes) => escape(decoder.decode(bytes, { stream: true })),
    end: () => escape(decoder.decode()),
  };
}

/** Encodes URL-safe base64, three bytes at a time. */
function base64Characters(): Characters {
  let rest: Bytes = new Uint8Array();
  const print = (bytes: Bytes) => toUrlSafeBase64(Buffer.from(bytes).toString('base64'));
  return {
    add(bytes) {
      const all = rest.byteLength === 0 ? bytes : Buffer.concat([rest, bytes]);
      const whole = all.byteLength - (all.byteLength % 3);
      rest = new Uint8Array(all.subarray(whole));
      return print(new Uint8Array(all.subarray(0, whole)));
    },
    end: () => print(rest),
  };
}
