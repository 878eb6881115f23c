import { afterAll, beforeAll } from 'bun:test';
import { startFirestoreStandin } from '../../standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '../../standins/gemini/spawn.ts';
import type { RunLimits } from '../runs/run-options.ts';
import type { TurnRequest } from '../runs/run.ts';
import { openFirestoreBench, openRunBench, type RunBench } from './run-bench.ts';

export type Wire = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- events are read as JSON, loosely

export const KEY = { appName: 'lornu', userId: 'u', sessionId: 's' };

/** Limits of a process that only runs its own turns, as if it were stopped or dead. */
export const IDLE: Partial<RunLimits> = { renewEveryMs: 1e9, takeOverEveryMs: 1e9, cancelEveryMs: 1e9 };

export interface BothStores {
  name: string;
  open: () => Promise<RunBench<unknown>>;
}

/** Rows for `describe.each`. The Gemini stand-in at `modelUrl` runs as long as the file's tests. */
export function bothStores(): { stores: BothStores[]; modelUrl: () => string } {
  let model: GeminiStandin | undefined;
  beforeAll(async () => {
    model = await spawnGeminiStandin();
  });
  afterAll(() => model?.stop());
  const modelUrl = (): string => model?.url ?? '';
  const openFirestore = async () =>
    openFirestoreBench(modelUrl(), await startFirestoreStandin(), { framesEveryMs: 100 });
  const stores = [
    { name: 'SQLite', open: async () => openRunBench(modelUrl()) },
    { name: 'Firestore', open: openFirestore },
  ];
  return { stores, modelUrl };
}

export const say = (text: string, more: Partial<TurnRequest> = {}): TurnRequest => ({
  ...KEY,
  streaming: true,
  newMessage: { role: 'user', parts: [{ text }] },
  ...more,
});

export const textOf = (event: Wire): string =>
  (event['content']?.parts ?? []).map((part: Wire) => part['text'] ?? '').join('');
