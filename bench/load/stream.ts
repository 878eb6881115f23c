import { turnBody, type ParsedJob, type TurnTimes } from './turn.ts';

/** Prefix of each frame. */
const FRAME = Buffer.from('data: ');
/** The end of a chunked response; RFC 9112, section 7.1. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const OK = 'HTTP/1.1 200 ';

/**
 * One streamed turn on a raw socket, read to its end. With thousands of streams on one machine, fetch would use as much
 * CPU as the measured server. Throws as `turn` does.
 */
export async function streamOnSocket(job: ParsedJob, sessionId: string): Promise<TurnTimes> {
  const { hostname, port, host } = new URL(job.url);
  const body = turnBody(job, sessionId);
  const { promise, resolve, reject } = Promise.withResolvers<TurnTimes>();
  const beganAt = performance.now();
  let hasStatus = false;
  let firstTokenMs = 0;
  let frames = 0;
  let rest = Buffer.alloc(0);

  function read(bytes: Buffer): boolean {
    if (!hasStatus && !bytes.toString('latin1', 0, OK.length).startsWith(OK))
      throw new Error(bytes.toString('utf8', 0, 300));
    hasStatus = true;
    // The prefix or the end may be split between two reads.
    const text = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    let end = 0;
    for (let at = text.indexOf(FRAME); at !== -1; at = text.indexOf(FRAME, end)) {
      frames += 1;
      end = at + FRAME.length;
    }
    if (frames > 0) firstTokenMs ||= performance.now() - beganAt;
    rest = Buffer.from(text.subarray(Math.max(end, text.length - FRAME.length + 1)));
    return text.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }

  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open(socket) {
        socket.write(
          `POST /run_sse HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
            `authorization: Bearer ${job.token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      },
      data(socket, bytes) {
        try {
          if (!read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) return;
          if (frames < job.frames) reject(new Error(`${frames} frames of ${job.frames}`));
          else resolve({ firstTokenMs, wholeMs: performance.now() - beganAt });
        } catch (error) {
          reject(error);
        }
        socket.end();
      },
      close: () => reject(new Error(`The answer was cut after ${frames} frames of ${job.frames}.`)),
      error: (_socket, error) => reject(error),
      connectError: (_socket, error) => reject(error),
    },
  });
  return promise;
}
