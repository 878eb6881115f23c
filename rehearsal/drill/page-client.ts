/**
 * Run inside the internet's namespace: the chat page's own code for a conversation, without a browser around it. It looks
 * names up as a browser does, keeps an answer for its TTL, and does what a person does when an answer does not come:
 * "Try again", or the message once more. The first JSON line of input are PageOptions, each other one is a PageTask; each
 * line of output is a PageNote.
 */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface PageOptions {
  /** PEM of the authority behind every certificate here. */
  caFile: string;
  resolver: string;
  token: string;
  appName: string;
  userId: string;
  /** Its addresses are told at every change. */
  watchedName: string;
}

export interface PageTask {
  id: string;
  /** The name that the page was opened under. */
  host: string;
  /** A conversation's own name; the same one goes on. */
  conversation: string;
  text: string;
  /** The whole answer, its words with one blank between them. */
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
      /** Undefined if it is whole. */
      fault: string | undefined;
      /** How often the message had to be sent again. */
      again: number;
      address: string;
      /** The sentences that were shown meanwhile. */
      read: string[];
      /** Who wrote the answer. */
      authors: string[];
      sessionId: string;
    };

/** What is used of frontend/src/chat: its types are a browser's. */
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

/** The answer of the last turn to this message, and what was shown of failures; undefined if it is not the last one. */
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

  const kept = new Map<string, { address: string; untilMs: number }>();
  const addressOf = async (name: string): Promise<string> => {
    const known = kept.get(name);
    if (known && known.untilMs > performance.now()) return known.address;
    const [first] = await resolver.resolve4(name, { ttl: true });
    if (!first) throw new TypeError(`${name} has no address`);
    kept.set(name, { address: first.address, untilMs: performance.now() + first.ttl * 1_000 });
    return first.address;
  };
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
      // A person looks first whether the answer is there by now.
      if (again > 0) await conversation.load();
      if (isWhole()) break;
      if (seen === undefined) await conversation.send([{ text: task.text }]);
      else await conversation.retry();
      // Google's agent cannot take a message back: it is written once more.
      if (!isWhole() && conversation.getState().problem?.status === 404)
        await conversation.send([{ text: task.text }]);
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
