import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * Settings that Bun reads when a process starts. Every program with many streams needs them in its environment: the
 * service, the stand-in, a load client. The image has the same settings (Dockerfile).
 */
export const BUN_SERVER_ENV = {
  /** By default, requests of a process beyond 256 at once wait. */
  BUN_CONFIG_MAX_HTTP_REQUESTS: '65336',
  /**
   * Threads of the garbage collector: two use up a quota of CPU twice as fast, and then the kernel pauses the process.
   */
  BUN_JSC_numberOfGCMarkers: '1',
  /**
   * How often code is executed before it is optimized: four times Bun's default. The first turns of a new process cost a
   * tenth to a fifth less CPU, and later ones the same (docs/decisions/0164).
   */
  BUN_JSC_thresholdForOptimizeAfterWarmUp: '4000',
} as const;

export interface GeminiStandin {
  /** Value for GOOGLE_GEMINI_BASE_URL. */
  url: string;
  port: number;
  pid: number;
  stop: () => Promise<void>;
}

const LISTENING = z.object({ url: z.string(), port: z.number() });

/** Starts the stand-in as a separate process and resolves once it listens; it ends with this process at the latest. */
export async function spawnGeminiStandin(
  options: {
    port?: number;
    chunks?: number;
    delayMs?: number;
    bun?: string;
    retired?: readonly string[];
    answersAs?: string;
  } = {},
): Promise<GeminiStandin> {
  const { port = 0, chunks = 12, delayMs = 0, bun = process.execPath, retired = [], answersAs } = options;
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = Bun.spawn({
    cmd: [
      bun,
      main,
      '--port',
      `${port}`,
      '--chunks',
      `${chunks}`,
      '--delay-ms',
      `${delayMs}`,
      '--retired',
      retired.join(','),
      ...(answersAs ? ['--answers-as', answersAs] : []),
      '--until-stdin-ends',
    ],
    // Nothing else of our environment, in particular no keys.
    env: { PATH: process.env['PATH'] ?? '', ...BUN_SERVER_ENV },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const line = await firstLine(child.stdout);
  if (!line) throw new Error(`The Gemini stand-in did not start (exit code ${await child.exited}).`);
  const { url, port: boundPort } = LISTENING.parse(JSON.parse(line));
  return {
    url,
    port: boundPort,
    pid: child.pid,
    stop: async () => {
      child.kill();
      await child.exited;
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  return undefined;
}
