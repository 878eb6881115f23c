import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(2 * TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

const LONG_TASK_MS = 50;

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds of CPU time of the thread: other processes of this machine do not count. */
  tdur?: number;
  args?: { name?: string };
}

/** Tasks of the page's main thread meanwhile, in milliseconds of CPU, longest first. */
async function tasksOf(work: () => Promise<void>): Promise<number[]> {
  const browser = chat.context.browser();
  if (!browser) throw new Error('The browser is gone.');
  await browser.startTracing(chat.page, {
    categories: ['toplevel', 'disabled-by-default-devtools.timeline'],
  });
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  return trace.traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && main.has(`${pid}/${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000)
    .toSorted((a, b) => b - a);
}

test('at 200 words a second no task of the page takes longer than 50 ms', async () => {
  chat = await fixture.openPage();
  // Load everything that is needed once: fonts, the files of the page, the list.
  await chat.ask('count to 20');
  const tasks = await tasksOf(() => chat.ask('count to 500 every 5 ms'));
  console.info(`longest tasks: ${tasks.slice(0, 5).map(Math.round).join(', ')} ms of ${tasks.length}`);
  expect(tasks.filter((ms) => ms > 0).length).toBeGreaterThan(100);
  expect(tasks.filter((ms) => ms > LONG_TASK_MS)).toEqual([]);
});

test('2,000 messages open with the elements of 100, and not much more work', async () => {
  const create = async (sessionId: string, count: number): Promise<void> => {
    const events = Array.from({ length: count }, (_, index) => ({
      id: `event-${index}`,
      invocationId: `turn-${Math.floor(index / 2)}`,
      author: index % 2 === 0 ? 'user' : 'lornu',
      content: {
        role: index % 2 === 0 ? 'user' : 'model',
        parts: [{ text: `**message** ${index}, as it was said` }],
      },
    }));
    const answer = await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sessionId, events }),
    });
    expect(answer.status).toBe(200);
  };
  await create('first', 100);
  await create('hundred', 100);
  await create('thousands', 2_000);
  chat = await fixture.openPage();
  const open = async (sessionId: string, last: number) => {
    let shownMs = 0;
    const tasks = await tasksOf(async () => {
      const begun = performance.now();
      await chat.page.evaluate(`location.hash = '#/lornu/${sessionId}'`);
      await chat.conversation.getByText(`message ${last}`).waitFor();
      shownMs = performance.now() - begun;
    });
    const opened = {
      elements: await chat.conversation.locator('*').count(),
      workMs: tasks.reduce((sum, ms) => sum + ms, 0),
      longTasks: tasks.filter((ms) => ms > LONG_TASK_MS).length,
    };
    console.info(`${last + 1} messages, shown after ${Math.round(shownMs)} ms:`, opened);
    return opened;
  };
  // What is needed for any conversation is loaded with the first one.
  await open('first', 99);
  const few = await open('hundred', 99);
  const many = await open('thousands', 1_999);
  expect(few.elements).toBeGreaterThan(500);
  // A button more: "Show earlier".
  expect(many.elements - few.elements).toBeLessThan(5);
  expect(many.longTasks).toBeLessThanOrEqual(few.longTasks + 1);
  expect(many.workMs).toBeLessThan(3 * few.workMs);
});
