import type { AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { Part as ModelPart } from '@google/genai';
import { hasEnded, type Run } from '../../runs/run.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { joinChunks } from '../tasks/apply-event.ts';
import type { RunTranslator } from './run-translator.ts';

/** Loads one version of a file that an agent saved; undefined if it no longer exists. */
export type LoadFile = (
  file: CompositeSessionKey & { filename: string; version: number },
) => Promise<ModelPart | undefined>;

export interface RunEventsOptions {
  run: Run;
  session: CompositeSessionKey;
  translator: RunTranslator;
  loadFile: LoadFile;
  signal?: AbortSignal | undefined;
}

/** Yields a run, from its start, as events of its task. Ends with the run or when the signal is aborted. */
export async function* runEvents({
  run,
  session,
  translator,
  loadFile,
  signal,
}: RunEventsOptions): AsyncGenerator<AgentExecutionEvent, void, undefined> {
  for await (const frames of run.batches(0, signal)) {
    const events: AgentExecutionEvent[] = [];
    for (const frame of frames) {
      events.push(...translator.take(frame));
      for (const file of translator.takeFiles()) {
        // A file that cannot be loaded now is left out of the task. The session still has it.
        const part = await loadFile({ ...session, ...file }).catch(() => undefined);
        if (part) events.push(translator.file(file, part));
      }
    }
    yield* joinChunks(events);
  }
  if (signal?.aborted || !hasEnded(run.state)) return;
  yield* translator.end(run.state);
}
