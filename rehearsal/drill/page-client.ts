/**
 * Runs the chat page's own conversation code without a browser, inside the network namespace of the internet. It
 * resolves names as a browser does, and caches an address for its TTL. If an answer does not arrive, it does what a
 * person would do: "Try again", or send the message once more. The first line of the input is a JSON PageOptions, each
 * other line a PageTask. Each line of the output is a PageNote.
 */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cachedNames } from './cached-names.ts';

export interface PageOptions {
  /** PEM of the certificate authority that signed all certificates of the rehearsal. */
  caFile: string;
  resolver: string;
  token: string;
  appName: string;
  userId: string;
  /** A name to watch: each change of its addresses is a PageNote. */
  watchedName: string;
}

export interface PageTask {
  id: string;
  /** The host name of the opened page. */
  host: string;
  /** The key of a conversation. Messages with the same key belong to the same conversation. */
  conversation: string;
  text: string;
  /** The complete answer, its words separated by one space. */
  expected: string;
  patienceMs: number;
}

export type PageNote =
  | { kind: 'name'; atMs: number; addresses: string[] }
  | { kind: 'word'; id: string; atMs: number; words: number; address: string }
  | {
      kind: 'answer';
      id: string;
      atMs: number;
      /** Undefined if the answer is complete. */
      fault: string | undefined;
      /** How often the page had to send the message again. */
      again: number;
      address: string;
      /** The notices that the page showed until then. */
      read: string[];
      /** The authors of the answer. */
      authors: string[];
      sessionId: string;
    };

/** The used part of the types of frontend/src/chat, which need a browser's types themselves. */
interface PageTurn {
  user?: { text: string };
  items: { kind: string; text?: string; author?: string; message?: string; thought?: boolean }[];
}
interface PageState {
  sessionId: string | undefined;
  events: unknown[];
  phase: string;
  problem: { message: string; status: number } | undefined;
  unsent: unknown;
}
interface PageConversation {
  getState: () => PageState;
  subscribe: (listener: () => void) => () => void;
  send: (parts: { text: string }[]) => Promise<void>;
  retry: () => Promise<void>;
  load: () => Promise<void>;
}
interface PageCode {
  Conversation: new (owner: { appName: string; userId: string }, session?: string) => PageConversation;
  toTurns: (events: unknown[]) => PageTurn[];
}

const PAGE = join(import.meta.dir, '../../frontend/src/chat');
const LOOK_EVERY_MS = 200;
const AGAIN_AFTER_MS = 2_000;

export const inWords = (text: string): string => text.split(/\s+/).filter(Boolean).join(' ');

/** The last turn's answer and its failure notices; undefined if the last turn is not about this message. */
export function readAnswer(turns: readonly PageTurn[], text: string) {
  const turn = turns.at(-1);
  if (turn?.user?.text !== text) return undefined;
  const texts = turn.items.filter(({ kind, thought }) => kind === 'text' && thought !== true);
  return {
    words: inWords(texts.map(({ text: said = '' }) => said).join(' ')),
    authors: [...new Set(texts.map(({ author = '' }) => author))],
    failures: turn.items.flatMap(({ kind, message }) => (kind === 'error' && message ? [message] : [])),
  };
}

async function run(): Promise<void> {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const options = JSON.parse(String((await input.next()).value)) as PageOptions;
  const pageCode = async <K extends keyof PageCode>(file: string): Promise<Pick<PageCode, K>> =>
    (await import(join(PAGE, file))) as Pick<PageCode, K>;
  const { Conversation } = await pageCode<'Conversation'>('conversation.ts');
  const { toTurns } = await pageCode<'toTurns'>('to-turns.ts');
  const ca = await readFile(options.caFile, 'utf8');
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([options.resolver]);
  const note = (one: PageNote): void => void process.stdout.write(`${JSON.stringify(one)}\n`);
  const { appName, userId, watchedName } = options;
  let host = watchedName;
  let address = '';

  const { addressOf } = cachedNames(resolver);
  const outside = globalThis.fetch;
  const asPage = async (path: string, init: RequestInit = {}): Promise<Response> => {
    address = await addressOf(host);
    const headers = new Headers(init.headers);
    headers.set('host', host);
    headers.set('authorization', `Bearer ${options.token}`);
    return outside(`https://${address}${path}`, {
      ...init,
      headers,
      keepalive: false,
      tls: { ca, serverName: host },
    });
  };
  globalThis.fetch = asPage as typeof fetch;

  const conversations = new Map<string, PageConversation>();
  const answer = async (task: PageTask): Promise<void> => {
    host = task.host;
    const conversation =
      conversations.get(task.conversation) ??
      new Conversation({ appName, userId: `${userId}-${task.conversation}` });
    conversations.set(task.conversation, conversation);
    const read = new Set<string>();
    let words = 0;
    const look = (): ReturnType<typeof readAnswer> => {
      const { events, problem } = conversation.getState();
      const seen = readAnswer(toTurns(events), task.text);
      for (const sentence of [...(seen?.failures ?? []), ...(problem ? [problem.message] : [])])
        read.add(sentence);
      const count = seen?.words ? seen.words.split(' ').length : 0;
      if (count > words) note({ kind: 'word', id: task.id, atMs: Date.now(), words: count, address });
      words = count;
      return seen;
    };
    const leave = conversation.subscribe(() => void look());
    const giveUpAt = performance.now() + task.patienceMs;
    let again = -1;
    let seen: ReturnType<typeof readAnswer>;
    const isWhole = (): boolean => (seen = look())?.words === task.expected;
    do {
      again += 1;
      if (again > 0) await Bun.sleep(AGAIN_AFTER_MS);
      // A person first checks whether the answer has arrived.
      if (again > 0) await conversation.load();
      if (isWhole()) break;
      if (seen === undefined) await conversation.send([{ text: task.text }]);
      else await conversation.retry();
    } while (!isWhole() && performance.now() < giveUpAt);
    leave();
    const told = seen?.words.slice(0, 200) ?? 'nothing';
    note({
      kind: 'answer',
      id: task.id,
      atMs: Date.now(),
      fault: seen?.words === task.expected ? undefined : `it says "${told}"`,
      again,
      address,
      read: [...read],
      authors: seen?.authors ?? [],
      sessionId: conversation.getState().sessionId ?? '',
    });
  };

  void (async () => {
    let said = '';
    for (;;) {
      const found = await resolver.resolve4(watchedName).catch(() => [] as string[]);
      const addresses = found.toSorted();
      if (addresses.join() !== said) note({ kind: 'name', atMs: Date.now(), addresses });
      said = addresses.join();
      await Bun.sleep(LOOK_EVERY_MS);
    }
  })();
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    const task = JSON.parse(next.value) as PageTask;
    answer(task).catch((error: unknown) => {
      const fault = `the page failed: ${error instanceof Error ? error.message : String(error)}`;
      const none = { again: 0, read: [], authors: [], sessionId: '' };
      note({ kind: 'answer', id: task.id, atMs: Date.now(), fault, address, ...none });
    });
  }
  process.exit(0);
}

if (import.meta.main) await run();
