import type { AgentServer } from '@lornu/evaluation/agent-client.ts';
import { startCassetteServer } from '@lornu/evaluation/cassette-server.ts';
import { accept, replayAll, type Replayed } from '@lornu/evaluation/replay.ts';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { findEngine, fitEngine } from '../image/engine.ts';
import { runImage } from '../image/run-image.ts';
import { type CassetteFile } from './cassette-files.ts';
import { startLocalService } from './local-service.ts';
import { assertServed } from './run-eval.ts';

/** The candidate service; this checkout if neither field is set. */
export interface Candidate {
  url?: string;
  image?: string;
  /** Port at which the cassettes are played for a candidate at `url`, which was started with this address. */
  port: number;
}

/** Variables that make a candidate use the model and tools of the cassettes. */
export const candidateVariables = (playerUrl: string): Record<string, string> => ({
  GOOGLE_GEMINI_BASE_URL: playerUrl,
  LORNU_REPLAY_URL: playerUrl,
});

/** Plays all cassettes to a candidate. */
export async function runReplay(
  files: readonly CassetteFile[],
  candidate: Candidate,
  context: CliContext,
  options: {
    agentsDir: string;
    parallel: number;
    headers?: Readonly<Record<string, string>>;
    onDone?: (one: Replayed) => void;
  },
): Promise<Replayed[]> {
  const player = startCassetteServer({ port: candidate.url === undefined ? 0 : candidate.port });
  const played = { modelUrl: player.url, env: candidateVariables(player.url) };
  const started = await startCandidate(candidate, played, context, options.agentsDir).catch(
    async (error: unknown) => {
      await player.stop();
      throw error;
    },
  );
  try {
    const server: AgentServer = {
      url: started.url,
      pid: started.pid,
      headers: options.headers ?? {},
      signal: context.signal,
    };
    await assertServed(
      server,
      files.map(({ cassette }) => cassette),
    );
    const replayed = await replayAll(
      server,
      player,
      files.map(({ cassette }) => cassette),
      options,
    );
    if (!player.wasAsked()) throw notPlayed(candidate, player.url, replayed);
    return replayed;
  } finally {
    await started.stop();
    await player.stop();
  }
}

/** The cassettes, with the replayed conversation as the new accepted one. */
export function acceptAll(files: readonly CassetteFile[], replayed: readonly Replayed[]): CassetteFile[] {
  return files.map(({ path, cassette }, index) => {
    const one = replayed[index];
    return { path, cassette: one ? accept(cassette, one) : cassette };
  });
}

/** Starts an image, or this checkout's sources, with the model at `modelUrl`; a candidate at `url` runs already. */
export async function startCandidate(
  { url, image }: Candidate,
  { modelUrl, env }: { modelUrl: string; env: Readonly<Record<string, string>> },
  context: CliContext,
  agentsDir: string,
): Promise<{ url: string; pid?: number | undefined; stop: () => Promise<void> }> {
  if (url !== undefined) return { url, stop: async () => undefined };
  if (image === undefined) return startLocalService(context, { agentsDir, modelUrl, env });
  const engine = await fitEngine(await findEngine(context.env), image, ['bun', '--version'], context.env);
  const container = await runImage({ engine, image, port: 0, env }, context);
  return {
    url: container.url,
    pid: container.pid,
    stop: async () => {
      await container.stop();
      await container.remove();
    },
  };
}

function notPlayed({ url, image }: Candidate, playerUrl: string, replayed: readonly Replayed[]): CliError {
  if (url === undefined) {
    const failures = replayed.flatMap(({ played }) =>
      played.flatMap(({ items }) =>
        items.flatMap(({ kind, value }) => (kind === 'failure' && typeof value === 'string' ? [value] : [])),
      ),
    );
    return new CliError({
      what: `${image ?? 'This checkout'} plays no conversation.`,
      why: `Its agents called no model and no tool. ${failures[0] ?? ''}`.trim(),
      next: 'Run ./lornu up, or the image with ./lornu image run, and send it a message: its log has the cause.',
      exitCode: EXIT.failed,
    });
  }
  const variables = Object.entries(candidateVariables(playerUrl)).map(([name, value]) => `${name}=${value}`);
  return new CliError({
    what: `${url} does not use the cassettes.`,
    why: 'It sent no request to them: it uses its real model and its real tools.',
    next: `Start it with ${variables.join(' ')}, or leave --url out.`,
    exitCode: EXIT.failed,
  });
}

/** The counts of verdicts, and what changed where. */
export function renderReplay(replayed: readonly Replayed[], reportPath: string | undefined): string {
  const count = (verdict: Replayed['verdict']): number =>
    replayed.filter((one) => one.verdict === verdict).length;
  const lines = [
    `${replayed.length} ${replayed.length === 1 ? 'conversation' : 'conversations'}: ${count('same')} same, ${count('harmless')} harmless, ${count('changed')} changed${count('new') > 0 ? `, ${count('new')} new (nothing was accepted yet)` : ''}`,
    ...replayed.flatMap(({ name, verdict, changes, missing }) =>
      verdict === 'changed'
        ? [`  ${name}: ${changes.join(', ')}`, ...missing.map((what) => `    not recorded: ${what}`)]
        : [],
    ),
    ...(replayed.some(({ missing }) => missing.length > 0)
      ? ['If the new calls are right, record these conversations again: ./lornu record --help']
      : []),
    ...(reportPath === undefined ? [] : [`Side by side: ${reportPath}`]),
  ];
  return `${lines.join('\n')}\n`;
}
