import { afterEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { FirestoreClient } from './client.ts';
import { findGoogleEmulator } from './google-emulator.ts';
import { RpcError } from './rpc-error.ts';
import { startFirestoreStandin, type FirestoreStandin, type FirestoreStandinOptions } from './server.ts';

const DATABASE = 'projects/p/databases/staging';
const NAME = `${DATABASE}/documents/sessions/s`;
const LOST = `${NAME}-lost`;
const BACKENDS: [string, boolean][] = [['in memory', false]];
if (await findGoogleEmulator()) BACKENDS.push(["Google's emulator", true]);

let standin: FirestoreStandin;
let client: FirestoreClient;
afterEach(() => {
  client?.close();
  standin?.stop();
});

async function open(options: FirestoreStandinOptions): Promise<void> {
  standin = await startFirestoreStandin(options);
  client = await FirestoreClient.to(standin.host);
}

const commit = (name = NAME, signal?: AbortSignal) =>
  client.rows('Commit', { database: DATABASE, writes: [{ update: { name, fields: {} } }] }, signal);
const query = (fieldPath: string) =>
  client.rows('RunQuery', {
    parent: `${DATABASE}/documents`,
    structuredQuery: { from: [{ collectionId: 'events' }], orderBy: [{ field: { fieldPath } }] },
  });
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error instanceof RpcError ? error.code : error),
  );

for (const [name, isGoogles] of BACKENDS) {
  test(`${name}: counts, faults, lost responses, pauses, missing databases and indexes work in front of it`, async () => {
    await open({ isGoogles, databases: ['staging'] });
    expect(await codeOf(commit())).toBe('OK');
    standin.failWith = { code: 7, message: 'no' };
    expect(await codeOf(commit())).toBe(7);
    standin.failWith = undefined;
    expect(await codeOf(client.rows('Commit', { database: DATABASE.replace('staging', 'other') }))).toBe(5);
    await query('timestamp');
    expect(await codeOf(query('event_data'))).toBe(9);
    await client.rows('BatchGetDocuments', { database: DATABASE, documents: [NAME] });
    // The query found nothing, which counts as one read.
    expect(standin.rows).toEqual({ read: 2, written: 1, deleted: 0 });
    expect(Object.fromEntries(standin.writesTo)).toEqual({ sessions: 1 });
    expect(standin.calls.get('Commit')).toBe(3);
    expect((await standin.documents.get(NAME))?.name).toBe(NAME);

    standin.loseAnswersTo = 'Commit';
    const given = new AbortController();
    const lost = codeOf(commit(LOST, given.signal));
    while (!(await standin.documents.get(LOST))) await Bun.sleep(10);
    given.abort();
    expect(await lost).toBe(1);
    standin.loseAnswersTo = undefined;

    standin.pause();
    expect(await codeOf(commit())).toBe(14);
    await standin.resume();
    while ((await codeOf(commit())) !== 'OK') await Bun.sleep(50);
    const stored = await standin.documents.all();
    expect(stored.map((document) => document.name.split('/').at(-1))).toContain('s');
  }, 90_000);
}

test.each([
  [[], 'OPTIMISTIC'],
  [['--concurrency-mode', 'PESSIMISTIC'], 'PESSIMISTIC'],
])('as a program with %p it is %s: as staging is, unless told otherwise', async (options, mode) => {
  const main = join(import.meta.dir, 'main.ts');
  const program = Bun.spawn([process.execPath, main, ...options, '--until-stdin-ends'], {
    stdin: 'pipe',
    env: { ...process.env, LORNU_FIRESTORE_EMULATOR: '' },
  });
  const { value } = await program.stdout.getReader().read();
  const other = await FirestoreClient.to(JSON.parse(new TextDecoder().decode(value)).host);
  try {
    const [begun] = await other.rows('BeginTransaction', { database: DATABASE });
    const transaction = begun!['transaction'] as Buffer;
    await other.rows('BatchGetDocuments', { database: DATABASE, documents: [NAME], transaction });
    const writes = [{ update: { name: NAME, fields: {} } }];
    const plain = codeOf(other.rows('Commit', { database: DATABASE, writes }));
    // With locks the writer waits for the reader; without them, the reader's commit fails.
    if (mode === 'OPTIMISTIC') expect(await plain).toBe('OK');
    const read = codeOf(other.rows('Commit', { database: DATABASE, writes, transaction }));
    expect(await read).toBe(mode === 'OPTIMISTIC' ? 10 : 'OK');
    expect(await plain).toBe('OK');
  } finally {
    other.close();
    program.kill();
  }
});
