import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { ask as askHaproxy } from '../load-balancer/control.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';
import { askTask } from './ask-task.ts';
import { findSecret } from './find-secret.ts';
import { setGemini } from './model-breaks.ts';
import { answeredMeanwhile, STREAMS, underStreams, WHOLE } from './under-streams.ts';

const EXPIRED = 'CERT_HAS_EXPIRED';
const ISSUER_AWAY = /issuer that vouches for callers cannot be reached/;

/** Gives the load balancer this certificate (PEM with its key), as ACM does; connections that are open keep theirs. */
async function giveCertificate({ served, standing }: Stage, pem: string): Promise<void> {
  const name = join(standing.workspace.folder, 'server.pem');
  const socket = join(dirname(served.balancerConfig), 'control.sock');
  const set = await askHaproxy(socket, `set ssl cert ${name} <<\n${pem.trim()}\n`);
  const done = await askHaproxy(socket, `commit ssl cert ${name}`);
  if (!/Success/.test(done)) throw new Error(`HAProxy does not take the certificate: ${set} ${done}`);
}

/** What a client that begins anew says against the certificate; undefined if nothing. */
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

export const ACCESS_BREAKS: readonly Break[] = [
  {
    id: 'secret-rotated',
    title: 'the key of Gemini is rotated: the service reads the new one, and no turn fails',
    does: `a new key of Gemini is set in Secrets Manager, and Gemini refuses the old one at once, under ${STREAMS} streams`,
    people: 'nothing',
    recovery: `a turn meanwhile is whole; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const { secrets } = stage.standing.clients;
        const key = `rehearsal-${crypto.randomUUID()}`;
        const SecretId = await findSecret(secrets, 'gemini-api-key');
        await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: key }));
        const mend = await setGemini(stage.served, { onlyKey: key });
        try {
          await answeredMeanwhile(stage);
          return 'a turn meanwhile was answered with the new key';
        } finally {
          await mend();
        }
      }),
  },
  {
    id: 'issuer-keys',
    title: "the issuer's keys are rotated while they are away: who is known stays so, a new token waits",
    does: 'the issuer signs with a new key, and the address of its keys does not answer; then it does',
    people:
      'who is signed in: nothing; who shows a token of the new key: the issuer cannot be reached, try again',
    recovery: `a token of the old key is accepted throughout, one of the new key once the keys are back; ${WHOLE}`,
    needsNetwork: true,
    run: async (stage) =>
      underStreams(stage, async () => {
        const { google } = stage.served;
        const old = await stage.served.token();
        const takeBack = await google.keys.rotate();
        google.failing.add('certs');
        try {
          const fresh = await stage.served.token();
          const known = await askTask(stage, '/list-apps', old);
          if (known.status !== 200) throw new Error(`a token of the old key was answered ${known.status}`);
          const unknown = await askTask(stage, '/list-apps', fresh);
          if (unknown.status !== 503 || !ISSUER_AWAY.test(unknown.body))
            throw new Error(`a token of the new key was answered ${unknown.status} ${unknown.body}`);
          google.failing.delete('certs');
          const again = await untilStatus(stage, fresh, 200);
          return `a token of the new key was answered 503, and 200 ${again} looks after the keys were back`;
        } finally {
          google.failing.delete('certs');
          // The load balancer that stands in here reads the keys once.
          takeBack();
        }
      }),
  },
  {
    id: 'certificate-expired',
    title: 'the certificate of the load balancer expires: clients refuse it until it is renewed',
    does: `the load balancer gets a certificate that ended yesterday under ${STREAMS} streams, then a good one`,
    people: "the browser's own page about the certificate; an answer that runs goes on",
    recovery: `a client refuses the expired one and takes the renewed one; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const read = async (name: string) => readFile(join(stage.standing.workspace.folder, name), 'utf8');
        const good = await read('server.pem');
        await giveCertificate(stage, await read('expired.pem'));
        try {
          const refused = await handshake(stage);
          if (refused !== EXPIRED)
            throw new Error(`a client said of the expired certificate: ${refused ?? 'good'}`);
          return `a client refused it: ${refused}`;
        } finally {
          await giveCertificate(stage, good);
        }
      }),
  },
];

const LOOKS = 60;

async function untilStatus(stage: Stage, token: string, wanted: number): Promise<number> {
  let seen = { status: 0, body: '' };
  for (let look = 1; look <= LOOKS; look += 1) {
    seen = await askTask(stage, '/list-apps', token);
    if (seen.status === wanted) return look;
    await Bun.sleep(500);
  }
  throw new Error(`it is still answered ${seen.status} ${seen.body}`);
}
