import { expect, test } from 'bun:test';
import { sendRaw } from '../testing/listen.ts';
import { patientFetch } from './patient-fetch.ts';

/** Bun checks idle connections every four seconds. */
const IDLE_S = 1;
const SLOW_MS = 6_000;

test('a long /run is answered although it was silent for longer than the idle timeout', async () => {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: IDLE_S,
    fetch: patientFetch(async () => {
      await Bun.sleep(SLOW_MS);
      return new Response('done');
    }, IDLE_S),
  });
  const port = server.port ?? 0;
  const [run, other] = await Promise.all(
    ['/run', '/runs'].map(async (path) => sendRaw(port, `POST ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)),
  );
  // The server closes both connections, this one after its response.
  expect(run).toEndWith('done');
  expect(other).toBe('');
  await server.stop(true);
});
