/**
 * Opens the chat page in Chromium, inside the network namespace of the internet. Names are resolved by the rehearsal's
 * resolver and kept for their TTL: Chromium itself keeps an address for at least a minute, which the drill's clock would
 * not divide. The first line of the input is a JSON BrowserOptions, each other line a BrowserTask. Each line of the
 * output is a BrowserNote.
 */
import { Resolver } from 'node:dns/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { cachedNames, type NameCache } from './cached-names.ts';
import { launchChromium } from './chromium.ts';
import { readShown, type Shown } from './read-shown.ts';

export interface BrowserOptions {
  resolver: string;
  token: string;
  /** The name of the page. */
  host: string;
  /** The name that always leads to AWS, which serves the page. */
  ownHost: string;
  /** Where screenshots are put. */
  folder: string;
}

export interface BrowserTask {
  id: string;
  text: string;
  /** The complete answer, its words separated by one space. */
  expected: string;
  patienceMs: number;
}

export type BrowserNote =
  | { kind: 'open'; atMs: number; version: string }
  | ({ kind: 'shown'; id: string; atMs: number } & Shown)
  | { kind: 'pressed'; id: string; atMs: number; button: string }
  | { kind: 'answered'; id: string; atMs: number; fault: string | undefined };

const LOOK_EVERY_MS = 100;
/** A person reads before they press. */
const PRESS_EVERY_MS = 2_000;
const OPEN_WITHIN_MS = 60_000;

const note = (one: BrowserNote): void => void process.stdout.write(`${JSON.stringify(one)}\n`);

/** An HTTP proxy for the browser; it tunnels to the addresses of the names. */
async function startProxy(names: NameCache): Promise<{ port: number; cut: () => void }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    socket.once('data', (first) => {
      const [, host, port] = /^CONNECT ([^:\s]+):(\d+) /.exec(first.toString('latin1')) ?? [];
      if (host === undefined) return void socket.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n');
      names
        .addressOf(host)
        .then((address) => {
          const other = connect(Number(port), address, () => {
            socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
            socket.pipe(other).pipe(socket);
          });
          other.on('error', () => socket.destroy()).on('close', () => socket.destroy());
          socket.on('close', () => other.destroy());
        })
        .catch(() => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return { port: address.port, cut: () => open.forEach((socket) => socket.destroy()) };
}

/**
 * Sends a message and does what a person would do until the answer is complete: press "Try again", or send the message
 * that the page has put back into the message box.
 */
async function answer(page: Page, task: BrowserTask, folder: string): Promise<void> {
  const giveUpAt = performance.now() + task.patienceMs;
  const box = page.getByRole('textbox', { name: 'Message', exact: true });
  const conversation = page.getByRole('region', { name: 'Conversation', exact: true });
  let pressedAt = performance.now();
  let said = '';
  let isDrawn = false;
  await box.fill(task.text);
  await box.press('Enter');
  await conversation.waitFor();
  for (; performance.now() < giveUpAt; await Bun.sleep(LOOK_EVERY_MS)) {
    const visible = [await conversation.innerText(), ...(await page.getByRole('alert').allInnerTexts())];
    const shown = readShown(visible.join('\n'), task.text);
    const now = JSON.stringify(shown);
    if (now !== said) note({ kind: 'shown', id: task.id, atMs: Date.now(), ...shown });
    said = now;
    if (!isDrawn && shown.read.length > 0) {
      isDrawn = true;
      await page.screenshot({ path: join(folder, `${task.id}.png`) });
    }
    if (shown.words === task.expected && (await page.locator('[aria-busy=true]').count()) === 0)
      return note({ kind: 'answered', id: task.id, atMs: Date.now(), fault: undefined });
    if (performance.now() - pressedAt < PRESS_EVERY_MS) continue;
    // Found by its text, because a complete answer has an icon button with the same name.
    const again = page.getByText('Try again', { exact: true }).last();
    const isUnsent = (await box.inputValue()) === task.text;
    if (!isUnsent && !(await again.isVisible())) continue;
    pressedAt = performance.now();
    note({ kind: 'pressed', id: task.id, atMs: Date.now(), button: isUnsent ? 'Send' : 'Try again' });
    await (isUnsent ? box.press('Enter') : again.click({ timeout: 1_000 })).catch(() => undefined);
  }
  note({ kind: 'answered', id: task.id, atMs: Date.now(), fault: `it shows ${said.slice(0, 300)}` });
}

async function run(): Promise<void> {
  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const options = JSON.parse(String((await input.next()).value)) as BrowserOptions;
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([options.resolver]);
  const names = cachedNames(resolver);
  const proxy = await startProxy(names);
  const browser = await launchChromium({ proxy: { server: `http://127.0.0.1:${proxy.port}` } });
  const context = await browser.newContext({
    baseURL: `https://${options.host}`,
    ignoreHTTPSErrors: true,
    extraHTTPHeaders: { authorization: `Bearer ${options.token}` },
  });
  const page = await context.newPage();
  // Only AWS serves the page. It is opened while the shared name leads there.
  names.pin(options.host, options.ownHost);
  await page.goto('/', { timeout: OPEN_WITHIN_MS });
  await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor({ timeout: OPEN_WITHIN_MS });
  names.pin(options.host, undefined);
  proxy.cut();
  note({ kind: 'open', atMs: Date.now(), version: browser.version() });
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    const task = JSON.parse(next.value) as BrowserTask;
    answer(page, task, options.folder).catch((error: unknown) => {
      const fault = error instanceof Error ? error.message : String(error);
      note({ kind: 'answered', id: task.id, atMs: Date.now(), fault });
    });
  }
  await browser.close();
  process.exit(0);
}

if (import.meta.main) await run();
