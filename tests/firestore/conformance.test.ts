import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { FirestoreClient } from '@lornu/standins/firestore/client.ts';
import { findGoogleEmulator, startGoogleEmulator } from '@lornu/standins/firestore/google-emulator.ts';
import { Indexes } from '@lornu/standins/firestore/indexes.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { CASES } from './conformance-cases.ts';
import { ConformanceDb } from './conformance-db.ts';
import { LOCKS } from './conformance-locks.ts';

/** A server that should behave like Firestore. */
interface Answering {
  host: string;
  stop: () => void;
}

/** A running emulator of the person; its data is not touched: each case has its own project. */
const RUNNING = process.env['FIRESTORE_EMULATOR_HOST'];
const isFound = RUNNING !== undefined || (await findGoogleEmulator()) !== undefined;
if (!isFound)
  console.log("figure: Google's Firestore emulator is not on this machine: the stand-in was not compared");

const STANDIN = 'the stand-in';
const SERVERS: [name: string, isHere: boolean, start: () => Promise<Answering>][] = [
  // The cases run without staging's indexes, which the emulator does not know.
  [STANDIN, true, async () => startFirestoreStandin({ isGoogles: false, indexes: new Indexes() })],
  [
    "Google's emulator",
    isFound,
    async () => (RUNNING ? { host: RUNNING, stop: () => {} } : startGoogleEmulator()),
  ],
];

for (const [name, isHere, start] of SERVERS) {
  describe.skipIf(!isHere)(name, () => {
    let server: Answering;
    let client: FirestoreClient;
    beforeAll(async () => {
      server = await start();
      client = await FirestoreClient.to(server.host);
    }, 90_000);
    afterAll(() => {
      client?.close();
      server?.stop();
    });

    for (const [index, { title, ask, is, googleEmulator }] of [...CASES, ...LOCKS].entries()) {
      const other = name === STANDIN ? undefined : googleEmulator;
      test(
        other ? `${title} (not this one: ${other.because})` : title,
        async () => {
          const db = new ConformanceDb(client, `conformance-${crypto.randomUUID().slice(0, 8)}-${index}`);
          expect(await ask(db)).toEqual(other ? other.is : is);
        },
        30_000,
      );
    }
  });
}
