import type { ChatPage } from './chat-page.ts';

/** A state of the page that is worth looking at, and how a person gets there. */
export interface Scene {
  name: string;
  /** Shown in README.md and docs/; the others only in the gallery. */
  inDocs?: { theme: 'light' | 'dark'; phone?: boolean };
  reach: (chat: ChatPage) => Promise<void>;
}

/** The button is in the drawer where there is no room for the list. */
async function begin(chat: ChatPage): Promise<void> {
  const menu = chat.button('Conversations');
  if (await menu.isVisible()) await menu.click();
  await chat.button('New conversation').click();
}

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
    inDocs: { theme: 'dark' },
    reach: (chat) => chat.ask('Show me the rollout as Markdown, with code and a table.'),
  },
  {
    name: 'tool',
    reach: async (chat) => {
      await chat.ask('What is the status of the environment?');
      await chat.conversation.getByText('Environment status').first().click();
    },
  },
  {
    name: 'confirmation',
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
  { name: 'failure', reach: (chat) => chat.ask('simulate 503') },
  {
    name: 'stopped',
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
];
