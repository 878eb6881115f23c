import { MODEL } from '@lornu/agents/model.ts';
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

const OTHER_MODEL = `${MODEL}-larger`;

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture({ env: { GEMINI_OTHER_MODELS: OTHER_MODEL } });
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

/** A stored conversation with one answer of this text. */
async function openAnswer(text: string, more: Record<string, unknown> = {}): Promise<void> {
  const said = (author: string, role: string, words: string) => ({
    invocationId: 'e-1',
    author,
    content: { role, parts: [{ text: words }] },
  });
  const events = [said('user', 'user', 'please'), { ...said('lornu', 'model', text), ...more }];
  const answer = await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  const { id } = (await answer.json()) as { id: string };
  chat = await fixture.openPage({ hash: `#/lornu/${id}` });
}

test('formulas are drawn as MathML, by a separate file; text that is no TeX stays as it was written', async () => {
  await openAnswer(
    'Then \\(x_1 * y\\), $E=mc^2$ and\n\n$$\\sum_{i=1}^n \\frac{a_i}{b}$$\n\nbut \\(\\nosuch{\\) and $5 or $6.',
  );
  await chat.conversation.locator('math').nth(2).waitFor();
  expect(await chat.conversation.locator('math mfrac').count()).toBe(1);
  await eventually(() => chat.conversation.locator('code.formula').allInnerTexts(), ['\\(\\nosuch{\\)']);
  await chat.conversation.getByText('and $5 or $6.').waitFor();
  expect(chat.complaints).toEqual([]);
});

test('long code and long tables are folded, and unfold', async () => {
  const code = Array.from({ length: 80 }, (_, line) => `line ${line}`).join('\n');
  const rows = Array.from({ length: 30 }, (_, row) => `| ${row} | r |`).join('\n');
  await openAnswer(`\`\`\`\n${code}\n\`\`\`\n\n| a | b |\n|---|---|\n${rows}`);
  const height = async (): Promise<number> =>
    (await chat.conversation.locator('pre').boundingBox())?.height ?? 0;
  const folded = (await chat.conversation.locator('.is-folded .fold-content').first().boundingBox())?.height;
  await chat.button('Show all 30 rows').waitFor();
  await chat.button('Show all 80 lines').click();
  expect(await height()).toBeGreaterThan(2 * (folded ?? Number.NaN));
  expect(await chat.conversation.locator('.is-folded').count()).toBe(1);
  expect(await chat.button('Show less').getAttribute('aria-expanded')).toBe('true');
});

test('a table is copied as a table, and as text for a spreadsheet', async () => {
  await openAnswer('| step | takes |\n|---|---|\n| **build** | 40 s |\n| a \\| b | |');
  await chat.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await chat.button('Copy table').click();
  await chat.button('Copied').waitFor();
  const copied = (type: string) =>
    chat.page.evaluate<string>(
      `navigator.clipboard.read().then(async ([item]) => (await item.getType('${type}')).text())`,
    );
  expect(await copied('text/plain')).toBe('step\ttakes\nbuild\t40 s\na | b\t');
  expect(await copied('text/html')).toContain('<td><strong>build</strong></td>');
});

test('code that is still being written is not folded', async () => {
  chat = await fixture.openPage();
  const code = Array.from({ length: 60 }, (_, line) => `line ${line}`).join('\n');
  await chat.ask(`answer word for word: \`\`\`\nevery 50 ms\n${code}\n\`\`\``);
  await chat.conversation.getByText('line 59').last().waitFor();
  expect(await chat.conversation.locator('.is-folded').count()).toBe(0);
});

test('a grounded answer names its sources and its searches; thoughts are folded', async () => {
  await openAnswer('It is so.', {
    groundingMetadata: {
      groundingChunks: [
        { web: { uri: 'https://example.com/a', title: 'Example A' } },
        { web: { uri: 'https://example.com/a', title: 'Example A' } },
        { web: { uri: 'javascript:alert(1)', title: 'No' } },
      ],
      webSearchQueries: ['is it so'],
    },
  });
  const links = chat.page.getByRole('region', { name: 'Sources' }).getByRole('link');
  await eventually(() => links.allInnerTexts(), ['Example A', 'is it so']);
  expect(await links.first().getAttribute('href')).toBe('https://example.com/a');
  await chat.ask('simulate think');
  const thoughts = chat.conversation.getByText('Thoughts', { exact: true });
  await thoughts.waitFor();
  expect(await thoughts.evaluate((summary) => summary.parentElement?.hasAttribute('open'))).toBe(false);
});

test("an answer's model, tokens, times and steps are shown on request", async () => {
  chat = await fixture.openPage();
  await chat.ask('note: the demo is on Friday');
  await chat.button('Details of this answer').click();
  const details = chat.page.getByRole('dialog', { name: 'Details of this answer' });
  await details.getByText('Cost', { exact: true }).waitFor();
  const facts = await details.innerText();
  expect(facts).toMatch(/Model\s+stand-in for /u);
  const [firstWord = 0, took = 0] = ['First word after', 'Took'].map((name) =>
    Number(new RegExp(`${name}\\s+(\\d+(?:\\.\\d)?) s`, 'u').exec(facts)?.[1]),
  );
  expect(firstWord).toBeGreaterThan(0);
  expect(took).toBeGreaterThanOrEqual(firstWord);
  expect(facts).toMatch(/Tokens read\s+[1-9]\d*/u);
  expect(facts).toMatch(/Cost\s+\$0\.00\d*[1-9]/u);
  const steps = await details
    .getByRole('list', { name: 'Where the time went' })
    .getByRole('listitem')
    .allInnerTexts();
  expect(steps.map((step) => step.split('\n')[0])).toEqual(['Lornu', 'Save note', 'Lornu']);
});

test('a model is chosen before sending, and stays chosen', async () => {
  chat = await fixture.openPage();
  const picker = chat.page.getByRole('combobox', { name: 'Model' });
  expect(await picker.inputValue()).toBe(MODEL);
  await picker.selectOption(OTHER_MODEL);
  const asked = chat.page.waitForRequest('**/run_sse');
  await chat.ask('forget my notes');
  expect((await asked).postDataJSON()).toMatchObject({ model: OTHER_MODEL });
  // The turn goes on with the same model after a question, and so does a message that was queued.
  const confirmed = chat.page.waitForRequest('**/run_sse');
  await chat.button('Decline').click();
  expect((await confirmed).postDataJSON()).toMatchObject({ model: OTHER_MODEL });
  await chat.answered();
  await chat.page.reload();
  await chat.say('count to 30, held after 10');
  await chat.conversation.getByText(/1 2 3/u).waitFor();
  const queued = chat.page.waitForRequest('**/run_sse');
  await chat.say('count to 3');
  expect((await queued).postDataJSON()).toMatchObject({ model: OTHER_MODEL, whenBusy: 'queue' });
  await fixture.release();
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  await chat.answered();
  await picker.selectOption(MODEL);
  const usual = chat.page.waitForRequest('**/run_sse');
  await chat.ask('count to 2');
  expect((await usual).postDataJSON()).not.toHaveProperty('model');
  expect(chat.complaints).toEqual([]);
});

test('an answer is asked of another model, for that answer alone; the first answer stays a version', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  await chat.button('Try again with another model').click();
  await chat.page.getByRole('menuitem', { name: OTHER_MODEL }).click();
  const details = async (): Promise<string> => {
    await chat.answered();
    await chat.button('Details of this answer').last().click();
    const dialog = chat.page.getByRole('dialog', { name: 'Details of this answer' });
    const facts = await dialog.innerText();
    await chat.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    return facts;
  };
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  // Where there is a choice, the answer names its model.
  await chat.conversation.getByText(`stand-in for ${OTHER_MODEL}`, { exact: true }).waitFor();
  expect(await details()).toMatch(new RegExp(`Model\\s+stand-in for ${OTHER_MODEL}\\n`, 'u'));
  // The first answer is kept as a version of its own.
  await chat.button('Version before').click();
  await chat.page.getByRole('img', { name: 'Version 1 of 2' }).waitFor();
  expect(await details()).toMatch(new RegExp(`Model\\s+stand-in for ${MODEL}\\n`, 'u'));
  await chat.button('Version after').click();
  await chat.page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
  await chat.ask('count to 4');
  expect(await details()).toMatch(new RegExp(`Model\\s+stand-in for ${MODEL}\\n`, 'u'));
  expect(chat.complaints).toEqual([]);
});

test('an answer is read aloud block by block, without its code, and stops', async () => {
  chat = await fixture.openPage();
  // Chromium without a desktop has no voices, so the test records what would be spoken.
  await chat.page.evaluate(`(() => {
    globalThis.spoken = [];
    speechSynthesis.speak = ({ text }) => spoken.push(text);
  })()`);
  await chat.ask('show me markdown');
  await chat.button('Read aloud').click();
  const spoken = await chat.page.evaluate<string[]>('spoken');
  expect(spoken[0]).toBe('Rolling out to staging');
  expect(spoken.length).toBeGreaterThan(2);
  expect(spoken.join('\n')).not.toContain('terraform');
  await chat.button('Stop reading').click();
  await chat.button('Read aloud').waitFor();
});

test('dictated text is added to the message, where the browser supports it', async () => {
  chat = await fixture.openPage();
  await chat.page.addInitScript(`globalThis.webkitSpeechRecognition = class extends EventTarget {
    start() { globalThis.heard = (text) => this.dispatchEvent(Object.assign(new Event('result'), { results: [[{ transcript: text }]] })); }
    stop() { this.dispatchEvent(new Event('end')); }
  }; globalThis.SpeechRecognition = undefined;`);
  await chat.page.reload();
  await chat.message.fill('Note:');
  await chat.button('Dictate').click();
  await chat.page.evaluate("heard('the demo')");
  await chat.page.evaluate("heard('the demo is on Friday')");
  await chat.untilDraftIs('Note: the demo is on Friday');
  await chat.button('Stop dictating').click();
  await chat.button('Dictate').waitFor();
});
