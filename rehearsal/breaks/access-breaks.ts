import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { ask as askHaproxy } from '../load-balancer/control.ts';
import { balancerSocket } from '../scenarios/busiest-task.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';
import { askTask, type TaskAnswer } from './ask-task.ts';
import { findSecret } from './find-secret.ts';
import { setGemini } from './model-breaks.ts';
import { answeredMeanwhile, STREAMS, underStreams, WHOLE } from './under-streams.ts';

const EXPIRED = 'CERT_HAS_EXPIRED';
const ISSUER_AWAY = /issuer that vouches for callers cannot be reached/;

/** Replaces the load balancer's certificate (PEM with its key), as ACM does. Open connections keep the old one. */
async function giveCertificate({ served, standing }: Stage, pem: string): Promise<void> {
  const name = join(standing.workspace.folder, 'server.pem');
  const socket = balancerSocket(served);
  const set = await askHaproxy(socket, `set ssl cert ${name} <<\n${pem.trim()}\n`);
  const done = await askHaproxy(socket, `commit ssl cert ${name}`);
  if (!/Success/.test(done)) throw new Error(`HAProxy did not accept the certificate: ${set} ${done}`);
}

/** Why a client with a new connection rejects the certificate; undefined if it accepts it. */
async function handshake({ served }: Stage): Promise<string | undefined> {
  const ca = await readFile(served.caFile, 'utf8');
  const servername = new URL(served.publicUrl).hostname;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: served.ports[443] ?? 0,
      servername,
      ca,
      rejectUnauthorized: false,
    });
    socket.once('secureConnect', () => {
      const { authorizationError } = socket;
      socket.destroy();
      resolve(authorizationError ? codeOf(authorizationError) : undefined);
    });
    socket.once('error', reject);
  });
}

const codeOf = (error: Error | string): string =>
  typeof error === 'string' ? error : ((error as Error & { code?: string }).code ?? error.message);

/** The break sends its last request half a minute later, so a break that takes long is played after it. */
export const issuerKeys: Break = {
  id: 'issuer-keys',
  title:
    'the issuer rotates its keys while they cannot be read: known tokens keep working, a token of the new key has to wait',
  does: 'the issuer signs with a new key, and the URL of its keys does not answer for a while',
  people:
    'signed-in people notice nothing; with a token of the new key, people read that the issuer cannot be reached and that they should try again',
  recovery: `a token of the old key is accepted all the time, a token of the new key after the keys can be read again; ${WHOLE}`,
  needsNetwork: true,
  run: async (stage) =>
    underStreams(stage, async () => {
      const { google } = stage.served;
      const old = await stage.served.token();
      // The load balancer of the rehearsal reads the keys only once.
      const { signWithOld, takeBack } = await google.keys.rotate();
      google.failing.add('certs');
      try {
        const fresh = await stage.served.token();
        const known = await askTask(stage, '/list-apps', old);
        if (known.status !== 200) throw new Error(`a token of the old key was answered ${known.status}`);
        // 401 if the service has read the keys within its cooldown of 30 s: then it does not ask for the new key yet.
        const unknown = await untilAnswer(stage, fresh, ({ status }) => status !== 401, COOLDOWN_MS);
        if (unknown.status !== 503 || !ISSUER_AWAY.test(unknown.body))
          throw new Error(`a token of the new key was answered ${unknown.status} ${unknown.body}`);
        return async () => {
          try {
            const beganMs = performance.now();
            await untilAnswer(stage, fresh, ({ status }) => status === 200, READ_AGAIN_MS);
            const afterS = (performance.now() - beganMs) / 1_000;
            return `a token of the new key was answered 503, and 200 within ${afterS.toFixed(0)} s after the keys were back`;
          } finally {
            takeBack();
          }
        };
      } catch (error) {
        takeBack();
        throw error;
      } finally {
        google.failing.delete('certs');
        signWithOld();
      }
    }),
};

export const ACCESS_BREAKS: readonly Break[] = [
  {
    id: 'secret-rotated',
    title: 'the API key of Gemini is rotated: the service reads the new one, and no turn fails',
    does: `a new API key of Gemini is set in Secrets Manager, and Gemini refuses the old one at once, under ${STREAMS} streams`,
    people: 'nothing',
    recovery: `a turn during the break is complete; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const { secrets } = stage.standing.clients;
        const key = `rehearsal-${crypto.randomUUID()}`;
        const SecretId = await findSecret(secrets, 'gemini-api-key');
        await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: key }));
        const mend = await setGemini(stage.served, { onlyKey: key });
        try {
          await answeredMeanwhile(stage);
          return 'a turn during the break was answered with the new key';
        } finally {
          await mend();
        }
      }),
  },
  {
    id: 'certificate-expired',
    title: 'the certificate of the load balancer expires: clients reject it until it is renewed',
    does: `under ${STREAMS} streams, the load balancer gets a certificate that expired yesterday, then a valid one`,
    people: "the browser's warning page about the certificate; an answer in progress continues",
    recovery: `a client rejects the expired certificate and accepts the renewed one; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const read = async (name: string) => readFile(join(stage.standing.workspace.folder, name), 'utf8');
        const good = await read('server.pem');
        await giveCertificate(stage, await read('expired.pem'));
        try {
          const refused = await handshake(stage);
          if (refused !== EXPIRED)
            throw new Error(
              `a client did not reject the certificate as expired; it said: ${refused ?? 'accepted'}`,
            );
          return `a client rejected it: ${refused}`;
        } finally {
          await giveCertificate(stage, good);
        }
      }),
  },
];

/** Longer than the service's cooldown of 30 s between two requests for the issuer's keys. */
const COOLDOWN_MS = 40_000;
/** Longer than two cooldowns: when the first one ends, another break may have cut off the issuer. */
const READ_AGAIN_MS = 120_000;

/** Asks a healthy task with this token until the answer fits; throws with the last one after `withinMs`. */
async function untilAnswer(
  stage: Stage,
  token: string,
  fits: (answer: TaskAnswer) => boolean,
  withinMs: number,
): Promise<TaskAnswer> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const seen = await askTask(stage, '/list-apps', token).catch((error: unknown) => ({
      status: 0,
      body: error instanceof Error ? error.message : String(error),
    }));
    if (seen.status !== 0 && fits(seen)) return seen;
    if (performance.now() > giveUpAt)
      throw new Error(`a token of the new key is still answered ${seen.status} ${seen.body}`);
    await Promise.race([Bun.sleep(500), stage.served.failed]);
  }
}
