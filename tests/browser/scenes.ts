import { MODEL } from '@lornu/agents/model.ts';
import { ERROR_TABLE } from '@lornu/backend/errors/error-table.ts';
import type { Cable } from './cable.ts';
import type { ChatPage } from './chat-page.ts';

/** A state of the page worth looking at, and how to get there. */
export interface Scene {
  name: string;
  /** Shown in README.md and docs/; the others only in the gallery. */
  inDocs?: { theme: 'light' | 'dark'; phone?: boolean };
  /** Checked by axe in every run; the others, and all in every theme and width, under --all. */
  isSample?: true;
  reach: (chat: ChatPage, cable: Cable) => Promise<void>;
}

const OTHER_MODEL = MODEL.replace('flash', 'pro');
/** The service's settings for the scenes. */
export const SCENE_ENV = { GEMINI_OTHER_MODELS: OTHER_MODEL };

/** On narrow windows the list is in the drawer. */
async function openList(chat: ChatPage): Promise<void> {
  const menu = chat.button('Conversations');
  if (await menu.isVisible()) await menu.click();
}

async function begin(chat: ChatPage): Promise<void> {
  await openList(chat);
  await chat.button('New conversation').click();
}

/** What is sent from now on is refused, in the words that the service has for it. */
async function refuse(
  { page }: ChatPage,
  code: 'LIMIT_REACHED' | 'UNAUTHENTICATED',
  detail: string = ERROR_TABLE[code].sentence,
): Promise<void> {
  await page.route('**/run_sse', (route) =>
    route.fulfill({
      status: ERROR_TABLE[code].status,
      headers: { 'x-error-code': code, ...(code === 'LIMIT_REACHED' ? { 'retry-after': '24000' } : {}) },
      json: { detail },
    }),
  );
}

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#0b6b62"/></svg>';
const FORMULAS = `The mean is $\\bar{x} = \\frac{1}{n} \\sum_{i=1}^n x_i$, and

$$\\int_0^\\infty e^{-x^2} dx = \\frac{\\sqrt{\\pi}}{2}$$

\`\`\`ts
${Array.from({ length: 40 }, (_, line) => `const line${line} = ${line};`).join('\n')}
\`\`\`
`;

export const SCENES: readonly Scene[] = [
  {
    name: 'empty',
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await chat.ask('Remember that the demo is on Friday.');
      await begin(chat);
    },
  },
  {
    name: 'markdown',
    isSample: true,
    inDocs: { theme: 'dark' },
    reach: async (chat) => {
      await chat.ask('Show me the rollout as Markdown, with code and a table.');
      // Shows its button, on a computer.
      await chat.conversation.getByRole('table').hover();
    },
  },
  {
    name: 'tool',
    isSample: true,
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await chat.conversation.getByText('Environment status').first().click();
    },
  },
  {
    name: 'confirmation',
    isSample: true,
    inDocs: { theme: 'light' },
    reach: (chat) => chat.ask('Forget my notes.'),
  },
  {
    name: 'chart',
    inDocs: { theme: 'dark', phone: true },
    reach: async (chat) => {
      await chat.ask('Draw a chart of the status of the environment.');
      await chat.page.getByRole('img').last().waitFor();
    },
  },
  {
    name: 'failure',
    inDocs: { theme: 'light' },
    reach: (chat) => chat.ask('simulate 503'),
  },
  {
    name: 'refused',
    // In the place of "failure", for which the service tries the model again for seconds.
    isSample: true,
    inDocs: { theme: 'light' },
    reach: (chat) => chat.ask('simulate safety stop'),
  },
  {
    name: 'quota',
    isSample: true,
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.ask('count to 5');
      await refuse(chat, 'LIMIT_REACHED', 'At most 5000000 tokens a day');
      await chat.say('And the next five?');
      await chat.page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'signed-out',
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.ask('count to 5');
      await refuse(chat, 'UNAUTHENTICATED');
      await chat.say('And the next five?');
      await chat.page.getByRole('alert').getByRole('link', { name: 'Sign in' }).waitFor();
    },
  },
  {
    name: 'stopped',
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.say('long answer of 300 words every 60 ms');
      await chat.conversation.getByText(/A deployment begins/u).waitFor();
      await chat.button('Stop').click();
      await chat.answered();
    },
  },
  {
    name: 'slow',
    reach: async (chat) => {
      await chat.say('simulate stall after 0');
      await chat.page.getByText(/^Working on it, \d+ s$/u).waitFor();
    },
  },
  {
    name: 'long',
    reach: async (chat) => {
      await chat.ask('long answer of 900 words');
      await chat.conversation.evaluate((element) => element.scrollTo({ top: element.scrollHeight / 5 }));
      await chat.button('To the latest').waitFor();
    },
  },
  {
    name: 'editing',
    reach: async (chat) => {
      await chat.ask('count to 12');
      await chat.button('Edit message').click();
    },
  },
  {
    name: 'missing',
    reach: (chat) =>
      chat.page.goto('/#/lornu/no-such-session').then(() => chat.page.getByRole('alert').waitFor()),
  },
  {
    name: 'files',
    isSample: true,
    reach: async (chat) => {
      await chat.ask('note: files can be sent');
      await chat.page.locator('input[type=file]').setInputFiles([
        { name: 'dashboard.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(PICTURE) },
        { name: 'runbook.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(212_000, '%') },
        { name: 'findings.md', mimeType: 'text/markdown', buffer: Buffer.from('# Findings') },
      ]);
      await chat.message.fill('What do these have in common?');
      await chat.button('Remove findings.md').waitFor();
    },
  },
  {
    name: 'versions',
    isSample: true,
    reach: async (chat) => {
      await chat.ask('count to 3');
      await chat.button('Edit message').click();
      await chat.page.getByRole('textbox', { name: 'Edit message' }).fill('count to 12');
      await chat.button('Send again').click();
      await chat.page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
      await chat.answered();
    },
  },
  {
    name: 'menu',
    reach: async (chat) => {
      await chat.ask('count to 4');
      await chat.button('More').click();
      await chat.page.getByRole('menuitem', { name: 'Rename' }).waitFor();
    },
  },
  {
    name: 'list-menu',
    isSample: true,
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await begin(chat);
      await chat.ask('Remember that the demo is on Friday.');
      await openList(chat);
      await chat.button('More: What is the status of the environment?').first().click();
      await chat.page.getByRole('menuitem', { name: 'Rename' }).waitFor();
    },
  },
  {
    name: 'models',
    isSample: true,
    reach: async (chat) => {
      await chat.page.getByRole('combobox', { name: 'Model' }).selectOption(OTHER_MODEL);
      await chat.ask('count to 12');
      await chat.button('Try again with another model').click();
      await chat.page.getByRole('menuitem', { name: OTHER_MODEL }).waitFor();
    },
  },
  {
    name: 'rename',
    reach: async (chat) => {
      await chat.ask('count to 5');
      await chat.button('More').click();
      await chat.page.getByRole('menuitem', { name: 'Rename' }).click();
      await chat.page.getByRole('textbox', { name: 'Title' }).waitFor();
    },
  },
  {
    name: 'palette',
    isSample: true,
    inDocs: { theme: 'light' },
    reach: async (chat) => {
      await chat.ask('Remember that the demo is on Friday.');
      await chat.page.keyboard.press('Control+k');
      await chat.page.keyboard.type('demo');
      await chat.page.getByText('Searched in what was said.').waitFor();
    },
  },
  {
    name: 'keys',
    reach: async (chat) => {
      await chat.message.press('?');
      await chat.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  },
  {
    name: 'share',
    isSample: true,
    reach: async (chat) => {
      await chat.ask('count to 5');
      await chat.button('More').click();
      await chat.page.getByRole('menuitem', { name: 'Share' }).click();
      await chat.button('Make a link').click();
      await chat.page.getByRole('textbox', { name: 'Link' }).waitFor();
    },
  },
  {
    name: 'shared',
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await chat.button('More').click();
      await chat.page.getByRole('menuitem', { name: 'Share' }).click();
      await chat.button('Make a link').click();
      await chat.page.goto(await chat.page.getByRole('textbox', { name: 'Link' }).inputValue());
      await chat.page.getByText('Shared, to read').waitFor();
      await chat.conversation.getByText('Environment status').waitFor();
    },
  },
  {
    name: 'details',
    isSample: true,
    inDocs: { theme: 'dark' },
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await chat.button('Details of this answer').click();
      await chat.page.getByRole('list', { name: 'Where the time went' }).waitFor();
    },
  },
  {
    name: 'formulas',
    reach: async (chat) => {
      await chat.ask(`answer word for word: ${FORMULAS}`);
      await chat.conversation.locator('math').nth(1).waitFor();
      await chat.page.reload();
      await chat.button('Show all 40 lines').waitFor();
    },
  },
  {
    name: 'queued',
    isSample: true,
    reach: async (chat) => {
      await chat.say('count to 900 every 60 ms');
      await chat.conversation.getByText(/^1 2 3/u).waitFor();
      await chat.say('And then count to 4.');
      await chat.page.getByRole('region', { name: 'Queued messages' }).getByText('Queued').waitFor();
    },
  },
  {
    name: 'lost',
    isSample: true,
    inDocs: { theme: 'light' },
    reach: async (chat, cable) => {
      await chat.say('count to 900 every 60 ms');
      await chat.conversation.getByText(/^1 2 3/u).waitFor();
      cable.pull();
      await chat.conversation.getByText(/^The connection is lost/u).waitFor();
    },
  },
  {
    name: 'unreachable',
    reach: async (chat, cable) => {
      await chat.ask('count to 5');
      cable.pull();
      await chat.say('Are you there?');
      await chat.page.getByRole('alert').waitFor();
    },
  },
];
