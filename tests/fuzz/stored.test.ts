import type { Firestore } from '../../backend/firestore/client/firestore.ts';
import type { DocumentData } from '../../backend/firestore/client/values.ts';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eventsOf, sessionOf } from '../../backend/sessions/firestore/paths.ts';
import { openFirestoreBench } from '../../backend/testing/run-bench.ts';
import { createTestApp, json, type TestApp } from '../../backend/testing/test-app.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';

setDefaultTimeout(600_000);

/** The same sessions each time; another seed gives others. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const MOST_SESSIONS = Number(process.env['FUZZ_SESSIONS'] ?? 40);
const ANN = { appName: 'lornu', userId: 'ann' };
const USER = '/apps/lornu/users/ann/sessions';
const LONGEST_ANSWER_MS = 60_000;

/** Values that another program may have stored in place of one of ours. */
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.5,
  '',
  ' ',
  'x'.repeat(3_000),
  '\u0000',
  '{',
  '[]',
  '__proto__',
  [],
  {},
  [null],
  { text: 1 },
  { parts: null },
  { parts: [null] },
  { parts: [{ functionCall: null }] },
  { parts: [{ function_call: { name: 'remember' } }] },
  { parts: [{ function_response: { id: 'none', name: 'x', response: null } }] },
  new Date(0),
  Buffer.from('bytes'),
];

let model: GeminiStandin;
let bench: Awaited<ReturnType<typeof openFirestoreBench>>;
let app: TestApp;
let db: Firestore;

beforeAll(async () => {
  model = await spawnGeminiStandin();
  bench = await openFirestoreBench(model.url, await startFirestoreStandin({ databases: ['staging'] }));
  const { sessions, runs, db: opened } = bench.process();
  db = opened;
  app = createTestApp({}, { agents: bench.agents, sessions, runs });
});
afterAll(async () => {
  await bench.close();
  await model.stop();
});

const turn = (sessionId: string, text: string) =>
  json({ ...ANN, sessionId, newMessage: { role: 'user', parts: [{ text }] } });

interface Stored {
  session: DocumentData;
  events: [id: string, DocumentData][];
}

/** A conversation with a tool call, as it is stored. */
async function conversation(): Promise<Stored> {
  await app.request(USER, json({ sessionId: 's', state: { note: 'a', n: 1 } }));
  for (const text of ['hello', 'remember that it rains']) await app.request('/run', turn('s', text));
  const session = sessionOf(db, { ...ANN, sessionId: 's' });
  const { docs } = await eventsOf(session).get();
  return { session: (await session.get()).data()!, events: docs.map((doc) => [doc.id, doc.data()]) };
}

interface Case extends Stored {
  what: string;
}

/** The conversation with each field of it, also inside lists, replaced by each odd value, and left out. */
function cases({ session, events }: Stored): Case[] {
  const all: Case[] = [];
  const add = (what: string, document: DocumentData, put: (changed: DocumentData) => Stored): void => {
    for (const [name, value] of Object.entries(document)) {
      const { [name]: _left, ...others } = document;
      all.push({ what: `without ${what}${name}`, ...put(others) });
      for (const odd of ODD)
        all.push({
          what: `${what}${name} = ${JSON.stringify(odd).slice(0, 80)}`,
          ...put({ ...document, [name]: odd }),
        });
      const isList = Array.isArray(value);
      if (isList || Object.getPrototypeOf(value) === Object.prototype)
        add(`${what}${name}.`, value as DocumentData, (inner) =>
          put({ ...document, [name]: isList ? Object.values(inner) : inner }),
        );
    }
  };
  add('session.', session, (changed) => ({ session: changed, events }));
  for (const [index, [id, event]] of events.entries())
    add(`event ${index}: `, event, (changed) => ({ session, events: events.with(index, [id, changed]) }));
  return all;
}

/** False where no writer can store that. */
async function store({ session, events }: Stored, sessionId: string): Promise<boolean> {
  const ref = sessionOf(db, { ...ANN, sessionId });
  try {
    const batch = db.batch().set(ref, session['id'] === 's' ? { ...session, id: sessionId } : session);
    for (const [id, event] of events) batch.set(eventsOf(ref).doc(id), event);
    await batch.commit();
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a response; undefined if it is valid. */
async function problemWith(path: string, init: RequestInit): Promise<string | undefined> {
  app.logged.splice(0);
  const began = performance.now();
  const response = await app.request(path, init);
  const text = await response.text();
  const isSlow = performance.now() - began > LONGEST_ANSWER_MS;
  if (response.status < 500 && !isSlow && !/\bat \S+ \(/.test(text)) return undefined;
  const why = app.logged.find(({ level }) => level === 'error' || level === 'warn');
  return `${path}: ${response.status} ${text.slice(0, 200)} ${JSON.stringify(why)?.slice(0, 1_000)}`;
}

test(`sessions as another writer may have left them (${MOST_SESSIONS} at most): they are read and listed, and the next turn is valid`, async () => {
  const random = mulberry32(SEED);
  const sample = cases(await conversation())
    .map((one) => ({ one, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .slice(0, MOST_SESSIONS)
    .map(({ one }) => one);
  const problems: string[] = [];
  let tried = 0;
  for (const [index, one] of sample.entries()) {
    const sessionId = `s${index}`;
    if (!(await store(one, sessionId))) continue;
    tried++;
    const path = `${USER}/${sessionId}`;
    for (const [at, init] of [
      [path, {}],
      [USER, {}],
      ['/run', turn(sessionId, 'hello')],
      [path, { method: 'DELETE' }],
    ] as const) {
      const problem = await problemWith(at, init);
      if (problem) problems.push(`${one.what}: ${problem}`);
    }
  }
  expect(problems).toEqual([]);
  expect(tried).toBeGreaterThan(sample.length / 2);
});
