import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AgentServer,
  createSession,
  deleteSession,
  runTurn,
  ServerError,
} from '@lornu/evaluation/agent-client.ts';
import { STATUS } from '@lornu/evaluation/metrics.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import type { CliContext } from '../base/cli-context.ts';
import { CliError } from '../base/cli-error.ts';
import type { GateVerdict } from '../delivery/manifest.ts';
import { findSets, type SetFile } from './eval-files.ts';
import { type CassetteFile, readCassettes } from './cassette-files.ts';
import { runEval } from './run-eval.ts';
import { runReplay, startCandidate } from './run-replay.ts';

/** The recorded conversations beside an agent. A candidate must not handle them differently. */
export const CASSETTES = 'cassettes';
/** A short load test, with enough simultaneous turns to find failures that only occur under concurrency. */
const LOAD_TURNS = 60;
const LOAD_PARALLEL = 12;
/** The most reasons in the error, because a broken candidate has one for every conversation. */
const MOST_REASONS = 10;

/**
 * Judges a candidate before anything of it is published: the recorded conversations beside the agents are replayed to
 * it, the eval sets are run on it, then some turns at once. `image`: a built image, run under the limits of the task;
 * this checkout's sources when left out. Only this function sends requests to it.
 */
export async function runGate(
  { image, agentsDir }: { image?: string; agentsDir: string },
  context: CliContext,
  note: (text: string) => void = () => undefined,
): Promise<GateVerdict> {
  const cassettes = await findCassettes(agentsDir);
  const sets = await findSets(agentsDir, undefined, undefined);
  const candidate = { port: 0, ...(image === undefined ? {} : { image }) };
  const replayed = await runReplay(cassettes, candidate, context, { agentsDir, parallel: 8 });
  const changed = replayed.filter(({ verdict }) => verdict === 'changed' || verdict === 'new');
  note(`${replayed.length} recorded conversations: ${changed.length} are led otherwise`);

  const model = await spawnGeminiStandin();
  const env = { GOOGLE_GEMINI_BASE_URL: model.url };
  const started = await startCandidate(candidate, { modelUrl: model.url, env }, context, agentsDir).catch(
    async (error: unknown) => {
      await model.stop();
      throw error;
    },
  );
  try {
    const server: AgentServer = { url: started.url, signal: context.signal };
    const failed = await failedCases(server, sets, context);
    const cases = sets.reduce((sum, { evalSet }) => sum + evalSet.evalCases.length, 0);
    note(`${cases} eval cases: ${failed.length} failed`);
    const broken = await load(server, sets);
    note(`${LOAD_TURNS} turns, ${LOAD_PARALLEL} at once: ${broken.length} failed`);
    const reasons = [
      ...changed.map(({ name, verdict, changes }) =>
        verdict === 'new' ? `${name}: nothing was accepted of it yet` : `${name}: ${changes.join(', ')}`,
      ),
      ...failed.map((name) => `${name} failed`),
      ...new Set(broken),
    ];
    return {
      passed: reasons.length === 0,
      replayed: replayed.length,
      changed: changed.length,
      evalCases: cases,
      evalFailed: failed.length,
      loadTurns: LOAD_TURNS,
      loadFailed: broken.length,
      reasons: reasons.slice(0, MOST_REASONS),
    };
  } finally {
    await started.stop();
    await model.stop();
  }
}

/** Throws a CliError with the reasons if the candidate has failed. */
export function assertPassed({ passed, reasons }: GateVerdict, what: string): void {
  if (passed) return;
  throw new CliError({
    what,
    why: `The candidate did not pass: ${reasons.join('; ')}.`,
    next: 'Fix it. If the change is intended, run ./lornu replay --accept, and commit the files that it wrote.',
  });
}

/** The cassettes beside each agent: `AGENT/cassettes/*.cassette.json`. Throws where there are none at all. */
export async function findCassettes(agentsDir: string): Promise<CassetteFile[]> {
  const folders = await readdir(agentsDir, { withFileTypes: true }).catch(() => []);
  const agents = folders.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
  return readCassettes(agents.map(({ name }) => join(agentsDir, name, CASSETTES)));
}

async function failedCases(
  server: AgentServer,
  sets: readonly SetFile[],
  context: CliContext,
): Promise<string[]> {
  const failed: string[] = [];
  await runEval(server, sets, context, {
    evalIds: [],
    parallel: 4,
    onCase: (setId, evalId, status) => {
      if (status === STATUS.failed) failed.push(`${setId}: ${evalId}`);
    },
  });
  return failed;
}

/** Runs some turns at the same time, each in its own session, and returns the failures. */
async function load(server: AgentServer, sets: readonly SetFile[]): Promise<string[]> {
  const apps = [...new Set(sets.map(({ appName }) => appName))];
  const failures: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < LOAD_TURNS; index = next++) {
      const id = crypto.randomUUID();
      const key = { appName: apps[index % apps.length] ?? '', userId: `gate-${id}`, sessionId: id };
      const newMessage = { role: 'user', parts: [{ text: 'Hello! Who are you?' }] };
      try {
        await createSession(server, key, {});
        const { events } = await runTurn(server, key, newMessage, { streaming: true });
        if (events.length === 0) failures.push(`a turn of ${key.appName} had no answer`);
        await deleteSession(server, key);
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        failures.push(`a turn of ${key.appName}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: LOAD_PARALLEL }, worker));
  return failures;
}
