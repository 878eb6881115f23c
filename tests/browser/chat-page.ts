import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { eventually, PATIENCE_MS } from './patience.ts';

export interface ChatPageOptions {
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** The fragment to open, such as `#/incident`; default: the empty page. */
  hash?: string;
  /** False if the page that opens has no message box. */
  isChat?: boolean;
}

const PHONE_WIDTH = 500;
/** The chat page as a person sees it: everything is found by role and name. */
export class ChatPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors on the console and exceptions. */
  readonly complaints: string[] = [];

  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
    this.#listen(page);
  }

  static async open(browser: Browser, url: string, options: ChatPageOptions = {}): Promise<ChatPage> {
    const { theme = 'light', width = 1280, height = 820, hash = '', isChat = true } = options;
    const context = await browser.newContext({
      colorScheme: theme,
      viewport: { width, height },
      hasTouch: width < PHONE_WIDTH,
      isMobile: width < PHONE_WIDTH,
      baseURL: url,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const chat = new ChatPage(await context.newPage(), context);
    await chat.page.goto(`/${hash}`);
    if (isChat) await chat.message.waitFor();
    return chat;
  }

  /** Opens another tab of the same browser profile. */
  async openTab(): Promise<ChatPage> {
    const tab = new ChatPage(await this.context.newPage(), this.context);
    await tab.page.goto(this.page.url());
    await tab.message.waitFor();
    return tab;
  }

  get message(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get conversation(): Locator {
    return this.page.getByRole('region', { name: 'Conversation', exact: true });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name });
  }

  /** Sends a message by keyboard and returns without waiting for the answer. */
  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.message.press('Enter');
  }

  /** Waits until the current answer has ended. */
  async answered(): Promise<void> {
    await this.button('Send').waitFor();
  }

  /** Sends a message and waits until its turn has ended. */
  async ask(text: string): Promise<void> {
    const turns = this.page.getByRole('article');
    const before = await turns.count();
    await this.say(text);
    await turns.nth(before).and(this.page.locator('[aria-busy=false]')).waitFor();
  }

  /** Waits for the text of the message box. */
  async untilDraftIs(text: string): Promise<void> {
    await eventually(() => this.message.inputValue(), text);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  #listen(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }
}
