import { expect } from 'bun:test';
import { array, constantFrom, integer, nat, record, sample } from 'fast-check';
import type { Page } from 'playwright-core';
import { toTurns } from '@lornu/frontend/src/chat/to-turns.ts';
import type { Session } from '@lornu/frontend/src/api/types.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { layCable, type Cable } from './cable.ts';
import type { ChatPage } from './chat-page.ts';
import type { BrowserFixture } from './fixture.ts';
import { PATIENCE } from './patience.ts';
import { endEditing, isPersonStep, PERSON_STEPS, playPerson } from './person-steps.ts';

/** What can happen to one of the pages, or to the service behind all of them. */
const STEPS = [
  'say',
  'say',
  'say meanwhile',
  'upload',
  'ask for approval',
  'approve',
  'reload',
  'back and forward',
  'flight mode',
  'sleep',
  'slow network',
  'deploy',
  ...PERSON_STEPS,
] as const;
/** Needs time for a lease to expire. */
const HARD_STEPS = [...STEPS, 'kill', 'kill during upload'] as const;
type StepName = (typeof HARD_STEPS)[number];

interface Step {
  name: StepName;
  page: number;
  /** How long it lasts, or how far an answer gets before it. */
  ms: number;
}

export interface ScriptOptions {
  seed: number;
  /** With processes that are killed. */
  isHard: boolean;
}

/** The processes behind the pages: the current one, and the one that replaces it. */
interface Fleet {
  current: Server;
  next: Promise<Server>;
}

/** The steps of a seed; always the same. */
export function scriptOf({ seed, isHard }: ScriptOptions): Step[] {
  const step = record({
    name: constantFrom(...(isHard ? HARD_STEPS : STEPS)),
    page: nat({ max: 2 }),
    ms: integer({ min: 20, max: 500 }),
  });
  const [steps = []] = sample(array(step, { minLength: 5, maxLength: 8 }), { seed, numRuns: 1 });
  return [{ name: 'say', page: 0, ms: 100 }, ...steps];
}

const PATIENCE_MS = 40_000 * PATIENCE;
/** Longer than a page takes on a busy machine. */
const LOAD_MS = 10_000;
const DRAFT = 'half a thought, not sent';

/** Turns from an earlier day, each as high as half a window: somebody reads in the middle of them. */
const READ_TURNS = 8;
const PROSE = 'A deployment begins with an image that nobody can change afterwards. '.repeat(40);

/**
 * Plays a script's steps with two tabs and a phone on one conversation, while a fourth page is scrolled up to read. In the
 * end each page shows the session, no text appears twice, the phone's draft is kept, and the text being read has not moved.
 */
export async function playScript(
  fixture: BrowserFixture,
  fleet: Fleet,
  options: ScriptOptions,
): Promise<void> {
  const script = scriptOf(options);
  const cables = [layCable(fleet.current.url), layCable(fleet.current.url)] as const;
  const hash = await createConversation(fleet.current);
  const wide = await fixture.openPage({ url: cables[0].url, hash });
  const reader = await fixture.openPage({ url: cables[1].url, hash });
  try {
    await wide.ask('count to 2');
    const movement = await read(reader);
    const phone = await fixture.openPage({ url: cables[1].url, hash, width: 390, height: 844 });
    const pages = [wide, await wide.openTab(), phone];
    const shown = [...pages, reader];
    await phone.message.fill(DRAFT);
    let numbers = 3;
    for (const { name, page, ms } of script) {
      await play(name, {
        chat: pages[page] ?? wide,
        cable: cables[page < 2 ? 0 : 1],
        cables,
        fleet,
        fixture,
        ms,
        count: numbers++,
      });
    }
    for (const cable of cables) cable.plugIn(fleet.current.url);
    const session = async () => untilQuiet(fleet.current, hash.split('/').at(-1) ?? '');
    for (const chat of shown) {
      await ensureLoaded(chat);
      // A page that edited a message shows another version.
      await chat.page.evaluate(`location.hash = '${hash}'`);
      await endEditing(chat);
      await expectSame(chat, session);
    }
    // Messages that were refused meanwhile are added to it.
    expect(await phone.message.inputValue()).toContain(DRAFT);
    expect(await movement()).toBeLessThan(3);
    await phone.close();
  } finally {
    await wide.close();
    await reader.close();
    for (const cable of cables) cable.stop();
  }
}

/** The fragment of a conversation that is long enough to read in. */
async function createConversation({ url }: Server): Promise<string> {
  const events = Array.from({ length: READ_TURNS }, (_, turn) =>
    [`question ${turn}`, PROSE].map((text, index) => ({
      id: `read-${turn}-${index}`,
      invocationId: `read-${turn}`,
      author: index === 0 ? 'user' : 'lornu',
      content: { role: index === 0 ? 'user' : 'model', parts: [{ text }] },
    })),
  ).flat();
  const answer = await fetch(`${url}/apps/lornu/users/user/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  const { id } = (await answer.json()) as { id: string };
  return `#/lornu/${id}`;
}

/** Scrolls up as a person does; gives what tells how many pixels the text that is read has moved at most since. */
async function read(reader: ChatPage): Promise<() => Promise<number>> {
  await reader.conversation.getByText(`question ${READ_TURNS - 1}`).waitFor();
  await reader.conversation.hover();
  await reader.page.mouse.wheel(0, -1_500);
  await reader.button('To the latest').waitFor();
  // The wheel's own movement comes to rest first.
  await reader.page.evaluate(`new Promise((resolve) => {
    const place = () => document.querySelectorAll('article.turn')[3].getBoundingClientRect().top;
    let before = place();
    let still = 0;
    const watch = setInterval(() => {
      const now = place();
      if (still < 10) {
        still = now === before ? still + 1 : 0;
        before = now;
        if (still === 10) { globalThis.moved = 0; resolve(); }
      } else globalThis.moved = Math.max(globalThis.moved, Math.abs(now - before));
    }, 30);
  })`);
  return () => reader.page.evaluate<number>('moved');
}

interface Stage {
  chat: ChatPage;
  cable: Cable;
  cables: readonly Cable[];
  fleet: Fleet;
  fixture: BrowserFixture;
  ms: number;
  count: number;
}

async function play(name: StepName, stage: Stage): Promise<void> {
  const { chat, cable, ms, count } = stage;
  const { page } = chat;
  if (isPersonStep(name)) {
    await ensureLoaded(chat);
    await playPerson(name, chat, `count to ${20 + count} every 20 ms`);
    return Bun.sleep(ms);
  }
  switch (name) {
    case 'say':
    case 'say meanwhile':
      return say(chat, `count to ${20 + count} every 20 ms`, ms);
    case 'ask for approval':
      return say(chat, 'forget my notes', ms);
    case 'approve': {
      const approve = chat.button('Approve').last();
      if ((await approve.count()) > 0) await approve.click({ timeout: 500 }).catch(() => undefined);
      return undefined;
    }
    case 'upload':
      await ensureLoaded(chat);
      await attach(page, 'text/markdown', '# Notes');
      return say(chat, `what is in file ${count}?`, ms);
    case 'kill during upload':
      await ensureLoaded(chat);
      // So large that it is on its way when the process ends: in the message, or before it as an artifact.
      await attach(page, 'text/plain', 'x'.repeat(count % 2 === 0 ? 600_000 : 1_500_000));
      await say(chat, `what is in file ${count}?`, 0);
      return replace(stage, 'SIGKILL');
    case 'reload':
      // Refused while another step back or forward is under way.
      await page.reload({ waitUntil: 'commit' }).catch(() => undefined);
      return undefined;
    case 'back and forward':
      await page.evaluate("location.hash = '#/incident'");
      await page.goBack().catch(() => undefined);
      return undefined;
    case 'flight mode':
      cable.pull();
      await Bun.sleep(ms);
      cable.plugIn();
      return undefined;
    case 'sleep':
      cable.mute();
      await Bun.sleep(ms);
      cable.pull();
      cable.plugIn();
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      return undefined;
    case 'slow network': {
      const session = await chat.context.newCDPSession(page);
      const limits = { offline: false, downloadThroughput: 4_000, uploadThroughput: 4_000 };
      await session.send('Network.emulateNetworkConditions', { ...limits, latency: ms });
      await Bun.sleep(ms);
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
      return session.detach();
    }
    case 'deploy':
      return replace(stage);
    case 'kill':
      return replace(stage, 'SIGKILL');
    default:
      return name satisfies never;
  }
}

/** Replaces the process that answers, which is stopped in order or killed. */
async function replace({ fleet, fixture, cables }: Stage, signal?: 'SIGKILL'): Promise<void> {
  const before = fleet.current;
  // Killed first, so that what was being sent is lost.
  if (signal) process.kill(before.pid, signal);
  fleet.current = await fleet.next;
  fleet.next = fixture.startTwin();
  if (!signal) void before.stop();
  // From now on the load balancer sends everybody to the new process.
  for (const cable of cables) cable.plugIn(fleet.current.url);
}

async function attach(page: Page, mimeType: string, text: string): Promise<void> {
  const file = { name: 'notes', mimeType, buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
}

/** Reloads a page whose own files were cut off while it loaded, as a person would. */
async function ensureLoaded(chat: ChatPage): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (Date.now() < giveUpAt) {
    const isThere = await chat.message.waitFor({ timeout: LOAD_MS }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await chat.page.reload({ waitUntil: 'commit' }).catch(() => undefined);
  }
}

/** Writes and sends if that is possible; the phone keeps its own draft. */
async function say(chat: ChatPage, text: string, ms: number): Promise<void> {
  await ensureLoaded(chat);
  const draft = await chat.message.inputValue();
  await chat.message.fill(text);
  await chat.message.press('Enter');
  await chat.message.fill(draft);
  await Bun.sleep(ms);
}

/** The session, once nothing is running or queued any more. */
async function untilQuiet(server: Server, sessionId: string): Promise<Session> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  const path = `apps/lornu/users/user/sessions/${sessionId}`;
  for (;;) {
    const runs = (await (await fetch(`${server.url}/api/v1/${path}/runs`)).json()) as { state: string }[];
    if (runs.every(({ state }) => state !== 'running' && state !== 'queued'))
      return (await (await fetch(`${server.url}/${path}`)).json()) as Session;
    if (Date.now() > giveUpAt) throw new Error(`Runs do not end: ${JSON.stringify(runs)}`);
    await Bun.sleep(100);
  }
}

interface ShownTurn {
  said: string;
  answered: string[];
}

/** Reloads the page, and presses what it offers, as a returning person would, until it shows the session. */
async function expectSame(chat: ChatPage, session: () => Promise<Session>): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  const offered = chat.page
    .getByRole('alert')
    .getByRole('button', { name: /^(?:Try again|Show that answer)$/u });
  let expected: ShownTurn[];
  let shown: ShownTurn[];
  do {
    await chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    if ((await offered.count()) > 0)
      await offered
        .first()
        // Not by the mouse, which would scroll to it: somebody reads further up.
        .dispatchEvent('click', {}, { timeout: 500 })
        .catch(() => undefined);
    expected = toShown(await session());
    shown = await chat.page.evaluate<
      ShownTurn[]
    >(`[...document.querySelectorAll('article.turn')].map((turn) => ({
      said: turn.querySelector('.user-bubble')?.innerText ?? '',
      answered: [...turn.querySelectorAll('.answer .markdown')].map((text) => text.innerText.trim()),
    }))`);
  } while (!Bun.deepEquals(shown, expected) && Date.now() < giveUpAt);
  expect(shown).toEqual(expected);
  for (const text of shown.flatMap(({ answered }) => answered).filter((one) => one.startsWith('1 2')))
    expect(text).toBe(
      text
        .split(' ')
        .map((_word, index) => index + 1)
        .join(' '),
    );
}

function toShown({ events = [] }: Session): ShownTurn[] {
  return toTurns(events).map(({ user, items }) => ({
    said: user?.text ?? '',
    answered: items.flatMap((item) => (item.kind === 'text' ? item.text.trim() : [])),
  }));
}
