import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AgentServer, createSession, readSession, runTurn } from '@lornu/evaluation/agent-client.ts';
import { type Cassette, parseCassette, toCassette } from '@lornu/evaluation/cassette.ts';
import { startCassetteServer } from '@lornu/evaluation/cassette-server.ts';
import type { Content, Part } from '@lornu/evaluation/eval-set.ts';
import { answerable } from '@lornu/evaluation/invocation.ts';
import { accept, replayAll, type Replayed } from '@lornu/evaluation/replay.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { HARMLESS, REGRESSIONS } from './changes.ts';

const ROOT = resolve(import.meta.dir, '../../..');
/** Ten of each kind. */
const TIMES = 10;

const confirm = (confirmed: boolean): Content => ({
  parts: [{ functionResponse: { id: '', name: 'adk_request_confirmation', response: { confirmed } } }],
});
const say = (text: string): Content => ({ role: 'user', parts: [{ text }] });
/** Messages to the library agent; the stand-in does as it is told. */
const CONVERSATIONS: readonly Content[][] = [
  [say('Hello'), say('And good morning')],
  [say('call search_books with {"author":"Austen"}'), say('Thank you')],
  [
    say('call lend_book with {"title":"Emma","days":14}'),
    say('call lend_book with {"title":"Persuasion","days":7}'),
  ],
  [say('call search_books with {"author":"Austen"} then call lend_book with {"title":"Emma","days":14}')],
  [say('call remove_book with {"title":"Emma"}'), confirm(true), say('Is it gone?')],
  [say('call remove_book with {"title":"Persuasion"}'), confirm(false)],
  [
    say('call transfer_to_agent with {"agentName":"archivist"}'),
    say('call find_shelf with {"title":"Emma"}'),
  ],
];

export interface Library {
  /** Recorded from the library agent, and accepted. */
  cassettes: Cassette[];
  /** Plays the cassettes to changed library agents, by name. */
  play: (...variants: string[]) => Promise<Replayed[]>;
  playAll: (cassettes: readonly Cassette[]) => Promise<Replayed[]>;
  stop: () => Promise<void>;
}

export const regressionNamed = (name: string): string =>
  `regression_${REGRESSIONS.findIndex((one) => one[0] === name)}`;
export const harmlessNames = (times: number): string[] =>
  HARMLESS.flatMap((_, kind) => Array.from({ length: times }, (__, n) => `harmless_${kind}_${n + 1}`));

const serverAt = (url: string): AgentServer => ({ url });

/** Records the library agent with the stand-in, and serves it and its variants with model and tools from cassettes. */
export async function openLibrary(): Promise<Library> {
  const folder = await mkdtemp(join(tmpdir(), 'library-'));
  const agentsDir = join(folder, 'agents');
  await writeVariants(agentsDir);
  await cp(join(ROOT, 'agents/model.ts'), join(folder, 'model.ts'));
  const player = startCassetteServer();
  const model = await spawnGeminiStandin();
  const options = { root: ROOT, agentsDir, scratchDir: folder };
  const original = await startService({ ...options, modelUrl: model.url });
  const recorded = await record(serverAt(original.url));
  await original.stop();
  await model.stop();
  const service = await startService({
    ...options,
    modelUrl: player.url,
    env: { LORNU_REPLAY_URL: player.url },
  });
  const playAll = async (cassettes: readonly Cassette[]): Promise<Replayed[]> =>
    replayAll({ url: service.url, pid: service.pid }, player, cassettes);
  const first = await playAll(recorded);
  // Through a file, as lornu record and lornu replay do.
  const cassettes = recorded.map((cassette, index) =>
    parseCassette(JSON.stringify(accept(cassette, first[index] as Replayed))),
  );
  return {
    cassettes,
    playAll,
    play: async (...variants) =>
      playAll(variants.flatMap((appName) => cassettes.map((cassette) => ({ ...cassette, appName })))),
    stop: async () => {
      await Promise.all([service.stop(), player.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeVariants(agentsDir: string): Promise<void> {
  const source = await Bun.file(join(import.meta.dir, 'agent.ts')).text();
  const variants = new Map([['library', source]]);
  for (const [index, [, , from, to]] of REGRESSIONS.entries())
    variants.set(
      `regression_${index}`,
      source.replace(from, () => to),
    );
  for (const [kind, change] of HARMLESS.entries())
    for (let n = 1; n <= TIMES; n++) variants.set(`harmless_${kind}_${n}`, change(source, n));
  for (const [name, text] of variants) {
    if (name !== 'library' && text === source)
      throw new Error(`${name} changes nothing: library/agent.ts is another one now.`);
    await mkdir(join(agentsDir, name), { recursive: true });
    await Bun.write(
      join(agentsDir, name, 'agent.ts'),
      text.replace("'@lornu/agents/model.ts'", "'../../model.ts'"),
    );
  }
}

async function record(server: AgentServer): Promise<Cassette[]> {
  return Promise.all(
    CONVERSATIONS.map(async (messages, index) => {
      const key = { appName: 'library', userId: `person-${index}`, sessionId: `s-${index}` };
      await createSession(server, key, { closing: '18:00' });
      const calls: Part[] = [];
      for (const message of messages) {
        const { events } = await runTurn(server, key, answerable(message, calls));
        calls.push(...events.flatMap(({ content }) => content?.parts ?? []));
      }
      const session = await readSession(server, key);
      const cassette = session && toCassette(session, `conversation ${index}`);
      if (!cassette) throw new Error('Nothing was recorded.');
      return cassette;
    }),
  );
}
