export interface Frame {
  /** A still, opaque WebP, as a browser's canvas makes it. */
  webp: Uint8Array;
  /** How long it is shown, in milliseconds. */
  ms: number;
}

/**
 * Joins frames of one size into an endless animation. https://developers.google.com/speed/webp/docs/riff_container,
 * "Animation"
 */
export function animateWebp(frames: readonly Frame[], width: number, height: number): Uint8Array {
  const size = [...uint24(width - 1), ...uint24(height - 1)];
  const ANIMATED = 0b10;
  const body = [
    chunk('VP8X', Uint8Array.from([ANIMATED, 0, 0, 0, ...size])),
    // White background, endless.
    chunk('ANIM', Uint8Array.from([255, 255, 255, 255, 0, 0])),
    ...frames.map(({ webp, ms }) =>
      chunk('ANMF', join([Uint8Array.from([0, 0, 0, 0, 0, 0, ...size, ...uint24(ms), 0]), imageOf(webp)])),
    ),
  ];
  return chunk('RIFF', join([Buffer.from('WEBP'), ...body]));
}

/** The chunk with the picture; the chunks before it are not needed. */
function imageOf(webp: Uint8Array): Uint8Array {
  const view = Buffer.from(webp);
  for (let at = 12; at < view.length;) {
    const name = view.toString('latin1', at, at + 4);
    const end = at + 8 + view.readUInt32LE(at + 4);
    if (name === 'VP8 ' || name === 'VP8L') return view.subarray(at, end + (end % 2));
    at = end + (end % 2);
  }
  throw new Error('This is no still WebP without transparency.');
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  return join([Buffer.from(name), size, data, new Uint8Array(data.length % 2)]);
}

const uint24 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255];
const join = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
