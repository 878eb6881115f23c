import { Timestamp } from '../../backend/firestore/client/special-values.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startGcpAgent } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { createFirestore } from '../../backend/firestore/create-firestore.ts';
import { leaseOf } from '../../backend/runs/firestore/paths.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { serveAdkWeb, type AdkWeb } from './adk-web.ts';
import { layCable, type Cable } from './cable.ts';
import { startFixture, type BrowserFixture } from './fixture.ts';

const SYNC_WITHIN_MS = 300_000;
const ROOT = resolve(import.meta.dir, '../..');
const SESSIONS = '/apps/lornu/users/user/sessions';

let firestore: FirestoreStandin;
let fixture: BrowserFixture;
let gcp: Server;
let adkWeb: AdkWeb;
/** The name that leads to one cloud or the other. */
let shared: Cable;
let page: Page;

beforeAll(async () => {
  firestore = await startFirestoreStandin({ databases: ['staging'] });
  fixture = await startFixture({ env: firestoreVariables(firestore.host) });
  shared = layCable(fixture.service.url);
  gcp = await startGcpAgent({
    root: ROOT,
    modelUrl: fixture.modelUrl,
    agentsDir: resolve(ROOT, 'gcp-agent/agents'),
    scratchDir: fixture.scratchDir,
    env: {
      SESSION_SERVICE_URI: 'firestore://lornu/staging',
      FIRESTORE_EMULATOR_HOST: firestore.host,
      ALLOW_ORIGINS: shared.url,
    },
  });
  adkWeb = await serveAdkWeb(gcp.url);
  const chat = await fixture.openPage();
  page = await chat.context.newPage();
  await page.addInitScript("localStorage.setItem('adk-use-sse', 'true')");
}, SYNC_WITHIN_MS);
afterAll(async () => {
  shared?.stop();
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
  await chat.untilDraftIs('hello');
});

test('the shared name leads to the other cloud in the middle of an answer: the person tries again there', async () => {
  const failOverTo = ({ url }: Server): void => {
    shared.pull();
    shared.plugIn(url);
  };
  const chat = await fixture.openPage({ url: shared.url });
  const tryAgain = chat.conversation.getByText('Try again', { exact: true });
  const noAnswer = chat.conversation.getByText('This message has no answer.');
  const isBusyElsewhere = chat.conversation.getByText(/turn under way/iu);
  const held = 'count to 20 every 20 ms, held after 3';
  await chat.say(held);
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  failOverTo(gcp);
  await noAnswer.waitFor();
  await tryAgain.click();
  // The turn on AWS still holds the conversation: the message goes back to the message box.
  await isBusyElsewhere.waitFor();
  await chat.untilDraftIs(held);
  const sessionId = chat.page.url().split('/').at(-1) ?? '';
  const cancel = `${fixture.service.url}/api/v1${SESSIONS}/${sessionId}/runs/running/cancel`;
  expect((await fetch(cancel, { method: 'POST' })).status).toBe(200);
  await chat.message.press('Enter');
  await fixture.release();
  await chat.conversation.getByText(/19 20$/u).waitFor();
  await chat.answered();

  await chat.say('count to 200 every 100 ms');
  await chat.conversation
    .getByText(/^1 2 3 4/u)
    .nth(1)
    .waitFor();
  process.kill(gcp.pid, 'SIGKILL');
  failOverTo(fixture.service);
  await noAnswer.waitFor();
  await tryAgain.click();
  // For the 15 s of its lease.
  await isBusyElsewhere.waitFor();
  const db = createFirestore({ project: 'lornu', database: 'staging', emulatorHost: firestore.host });
  await leaseOf(db, { appName: 'lornu', userId: 'user', sessionId }).update({
    until: Timestamp.fromMillis(Date.now()),
  });
  await db.terminate();
  await tryAgain.click();
  await chat.conversation
    .getByText(/^1 2 3 4/u)
    .nth(1)
    .waitFor();
  expect(await chat.conversation.getByText('count to 200 every 100 ms', { exact: true }).count()).toBe(1);
});
