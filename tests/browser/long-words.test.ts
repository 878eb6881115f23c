import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Session } from '@lornu/frontend/src/api/types.ts';
import { postJson } from '../support/post-json.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());

const LONG = 'averylongnamewithoutanyspace'.repeat(8);

/**
 * Texts of which a part can't be seen: outside of the window, or cut off by a box around them. Wide code and tables
 * scroll, and some names end in "…"; the conversation itself must not scroll sideways.
 */
const HIDDEN_TEXTS = `[...document.querySelectorAll('body *')].flatMap((element) => {
  if (!element.checkVisibility({ visibilityProperty: true })) return [];
  if (element.closest('.visually-hidden, .skip-link')) return [];
  const frames = [{ left: 0, right: innerWidth }];
  for (let box = element; box; box = box.parentElement) {
    const { overflowX, textOverflow } = getComputedStyle(box);
    const scrolls = /auto|scroll/.test(overflowX) && !box.matches('.messages');
    if (scrolls || textOverflow === 'ellipsis') return [];
    if (overflowX !== 'visible') frames.push(box.getBoundingClientRect());
    if (box.matches('.messages')) break;
  }
  return [...element.childNodes].flatMap((node) => {
    if (node.nodeType !== Node.TEXT_NODE) return [];
    const range = document.createRange();
    range.selectNodeContents(node);
    const isHidden = [...range.getClientRects()].some(({ left, right, width }) =>
      width > 0 && frames.some((frame) => right > frame.right + 1 || left < frame.left - 1));
    return isHidden ? [element.className + ': ' + node.data.slice(0, 40)] : [];
  });
})`;

let count = 0;
function event(author: string, parts: readonly object[], more: object = {}) {
  const id = `e${count++}`;
  const role = author === 'user' ? 'user' : 'model';
  return { id, invocationId: 'turn', author, timestamp: 1_700_000_000, content: { role, parts }, ...more };
}

const call = (id: string) => ({ functionCall: { id, name: LONG, args: { [LONG]: LONG } } });
const EVENTS = [
  event('user', [{ text: LONG }]),
  event(LONG, [call('failed'), call('done')]),
  event('user', [
    { functionResponse: { id: 'failed', name: LONG, response: { error: LONG } } },
    { functionResponse: { id: 'done', name: LONG, response: { [LONG]: LONG } } },
  ]),
  event(LONG, [{ text: `# ${LONG}\n\n> ${LONG}\n\n\`${LONG}\` ${LONG}` }]),
  event(LONG, [{ text: LONG }], { errorCode: LONG, errorMessage: LONG }),
  event('user', [{ text: LONG }], { invocationId: 'next' }),
  event(LONG, [call('asked')], { invocationId: 'next' }),
];
const QUESTION = event(
  LONG,
  [
    {
      functionCall: {
        id: 'question',
        name: 'adk_request_confirmation',
        args: { originalFunctionCall: call('asked').functionCall, toolConfirmation: { hint: LONG } },
      },
    },
  ],
  { invocationId: 'next', longRunningToolIds: ['question'] },
);

test.each([320, 1280])('no long word hides anything in a window of %d pixels', async (width) => {
  const sessionId = `long-words-${width}`;
  const sessions = '/apps/lornu/users/user/sessions';
  await postJson(`${fixture.service.url}${sessions}`, { sessionId, events: EVENTS });
  const chat = await fixture.openPage({ width });
  await chat.page.route(`**${sessions}/${sessionId}`, async (route) => {
    const session = (await (await route.fetch()).json()) as Session;
    // Nobody can store a question of the service.
    await route.fulfill({ json: { ...session, events: [...(session.events ?? []), QUESTION] } });
  });
  await chat.page.evaluate(`location.hash = '#/lornu/${sessionId}'`);
  await chat.button('Approve').waitFor();
  await chat.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
  expect(await chat.page.evaluate<string[]>(HIDDEN_TEXTS)).toEqual([]);
  for (const state of ['failed', 'done', 'needs your answer'])
    expect(await chat.conversation.getByText(state, { exact: true }).isVisible()).toBe(true);
  await chat.close();
});
