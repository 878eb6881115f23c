import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { FirestoreClient } from '@lornu/standins/firestore/client.ts';
import { findGoogleEmulator, startGoogleEmulator } from '@lornu/standins/firestore/google-emulator.ts';
import { Indexes } from '@lornu/standins/firestore/indexes.ts';
import { FirestoreRestClient } from '@lornu/standins/firestore/rest-client.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { CASES } from './conformance-cases.ts';
import { type Caller, ConformanceDb } from './conformance-db.ts';
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
const GOOGLES = "Google's emulator";
// The cases run without staging's indexes, which the emulator does not know.
const standin = async (): Promise<Answering> =>
  startFirestoreStandin({ isGoogles: false, indexes: new Indexes() });
const googles = async (): Promise<Answering> =>
  RUNNING ? { host: RUNNING, stop: () => {} } : startGoogleEmulator();
/** Over REST the emulator runs the same code below; the suite firestore-google looks at both. */
const isThorough = process.env['LORNU_FIRESTORE_EMULATOR'] === 'google';
const SERVERS: (readonly [
  name: string,
  protocol: 'gRPC' | 'REST',
  isHere: boolean,
  start: () => Promise<Answering>,
])[] = [
  [STANDIN, 'gRPC', true, standin],
  [STANDIN, 'REST', true, standin],
  ...(isThorough ? [[GOOGLES, 'gRPC', isFound, googles] as const] : []),
  [GOOGLES, 'REST', isFound, googles],
];

for (const [name, protocol, isHere, start] of SERVERS) {
  describe.skipIf(!isHere)(`${name} over ${protocol}`, () => {
    let server: Answering;
    let client: Caller;
    let close = (): void => {};
    beforeAll(async () => {
      server = await start();
      if (protocol === 'REST') client = new FirestoreRestClient(server.host);
      else {
        const grpc = await FirestoreClient.to(server.host);
        [client, close] = [grpc, () => grpc.close()];
      }
    }, 90_000);
    afterAll(() => {
      close();
      server?.stop();
    });

    for (const [index, { title, ask, is, googleEmulator, isBytes }] of [...CASES, ...LOCKS].entries()) {
      if (isBytes && protocol === 'REST') continue;
      const other = name === STANDIN ? undefined : googleEmulator;
      test(other ? `${title} (not this one: ${other.because})` : title, async () => {
        const db = new ConformanceDb(client, `conformance-${crypto.randomUUID().slice(0, 8)}-${index}`);
        expect(await ask(db)).toEqual(other ? other.is : is);
      });
    }
  });
}
