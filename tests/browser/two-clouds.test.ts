import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startGcpAgent } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { firestoreVariables } from '../runs/chaos.ts';
import { serveAdkWeb, type AdkWeb } from './adk-web.ts';
import { startFixture, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(60_000);

const SYNC_WITHIN_MS = 300_000;
const ROOT = resolve(import.meta.dir, '../..');
const SESSIONS = '/apps/lornu/users/user/sessions';

let firestore: FirestoreStandin;
let fixture: BrowserFixture;
let gcp: Server;
let adkWeb: AdkWeb;
let page: Page;

beforeAll(async () => {
  firestore = await startFirestoreStandin({ databases: ['staging'] });
  fixture = await startFixture({ env: firestoreVariables(firestore.host) });
  gcp = await startGcpAgent({
    root: ROOT,
    modelUrl: fixture.modelUrl,
    agentsDir: resolve(ROOT, 'gcp-agent/agents'),
    scratchDir: fixture.scratchDir,
    env: { SESSION_SERVICE_URI: 'firestore://lornu/staging', FIRESTORE_EMULATOR_HOST: firestore.host },
  });
  adkWeb = await serveAdkWeb(gcp.url);
  const chat = await fixture.openPage();
  page = await chat.context.newPage();
  await page.addInitScript("localStorage.setItem('adk-use-sse', 'true')");
}, SYNC_WITHIN_MS);
afterAll(async () => {
  await adkWeb?.stop();
  await gcp?.stop();
  await fixture?.stop();
  firestore?.stop();
});

interface WireSession {
  id: string;
  events: { id: string; timestamp: number; author: string }[];
}

async function told<T>({ url }: Server, path: string): Promise<T> {
  return (await (await fetch(url + path)).json()) as T;
}

async function sayOverThere(text: string): Promise<void> {
  const field = page.getByPlaceholder(/type a message/iu);
  await field.fill(text);
  await field.press('Enter');
}

const seenOverThere = (text: string): Promise<void> =>
  page.getByText(text, { exact: true }).first().waitFor();

test('a conversation begun at gcp-agent continues in our page and back, event for event', async () => {
  await page.goto(`${adkWeb.url}?app=lornu`);
  await sayOverThere('count to 5 every 20 ms');
  await seenOverThere('1 2 3 4 5');
  const [{ id }] = (await told<WireSession[]>(fixture.service, SESSIONS)) as [WireSession];

  const chat = await fixture.openPage({ hash: `#/lornu/${id}` });
  await chat.conversation.getByText('1 2 3 4 5', { exact: true }).waitFor();
  await chat.ask('count to 7 every 20 ms');
  await chat.conversation.getByText('1 2 3 4 5 6 7', { exact: true }).waitFor();

  await page.goto(`${adkWeb.url}?app=lornu&session=${id}`);
  await seenOverThere('1 2 3 4 5 6 7');
  await sayOverThere('count to 9 every 20 ms');
  await seenOverThere('1 2 3 4 5 6 7 8 9');

  await chat.page.reload();
  await chat.conversation.getByText('1 2 3 4 5 6 7 8 9', { exact: true }).waitFor();
  expect(chat.complaints).toEqual([]);
  const [here, there] = await Promise.all(
    [fixture.service, gcp].map((server) => told<WireSession>(server, `${SESSIONS}/${id}`)),
  );
  expect(here!.events.map(({ author }) => author)).toEqual([
    'user',
    'lornu',
    'user',
    'lornu',
    'user',
    'lornu',
  ]);
  // Python's clock has one digit more than microseconds, which are all that we store.
  const near = there!.events.map((event) => ({ ...event, timestamp: expect.closeTo(event.timestamp, 5) }));
  expect(here!.events).toEqual(near as unknown as WireSession['events']);
});

test('while the other cloud answers, our page says that it must wait', async () => {
  const [{ id }] = (await told<WireSession[]>(fixture.service, SESSIONS)) as [WireSession];
  const chat = await fixture.openPage({ hash: `#/lornu/${id}` });
  await chat.conversation.getByText('1 2 3 4 5', { exact: true }).waitFor();
  await page.goto(`${adkWeb.url}?app=lornu&session=${id}`);
  await seenOverThere('1 2 3 4 5 6 7 8 9');
  await sayOverThere('count to 400 every 50 ms');
  // The turn stores the message first.
  while ((await told<WireSession>(gcp, `${SESSIONS}/${id}`)).events.length < 7) await Bun.sleep(100);
  await chat.say('hello');
  // The text stays where it was written, to be sent again.
  await chat.conversation.getByText(/turn under way at another service/iu).waitFor();
  expect(await chat.message.inputValue()).toBe('hello');
});
