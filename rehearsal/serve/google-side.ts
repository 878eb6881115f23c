import { join } from 'node:path';
import type { Child } from '@lornu/ops/process/child.ts';
import { startChild } from '@lornu/ops/process/child.ts';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { startGoogleStandIn, type GoogleStandIn } from '@lornu/standins/google/server.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { startFirestore, startGemini } from '@lornu/ops/up/start-standin.ts';
import { GOOGLE_SERVICES } from '../network/outside.ts';
import type { AppliedGoogle } from './read-applied.ts';

/** Google Cloud as the tasks see it, all on loopback. */
export interface GoogleSide {
  gemini: { child: Child; url: string };
  firestore: { child: Child; host: string };
  storage: { child: Child; url: string };
  /** Sign-in, tokens and federation, in this process. */
  google: GoogleStandIn;
  /** The address at which a browser on this machine signs in; TLS must be added in front. Undefined without names. */
  signInPort: number | undefined;
  children: Child[];
  stop: () => Promise<void>;
}

const STORAGE_START_MS = 20_000;

/**
 * Starts the stand-ins with what was applied: database, bucket, provider, service account. `hasNames`: tasks reach them
 * under Google's own names.
 */
export async function startGoogleSide(
  applied: AppliedGoogle,
  signInReturns: readonly string[],
  context: StartContext & { emit: Emit },
  { hasNames = false }: { hasNames?: boolean } = {},
): Promise<GoogleSide> {
  const started: { stop: () => Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async (one) => one.stop()));
  };
  const keep = <T extends { child: Child }>(one: T): T => {
    started.push(one.child);
    return one;
  };
  try {
    const [gemini, firestore, storage] = await Promise.all([
      startGemini(context).then(keep),
      startFirestore(context, [applied.database]).then(keep),
      startStorage(applied.bucket, context, hasNames).then(keep),
    ]);
    const signInPort = hasNames ? await claimPort(0) : undefined;
    const google = await startGoogleStandIn({
      client: {
        id: applied.signInClient.id,
        secret: applied.signInClient.secret,
        redirectUris: [...signInReturns],
      },
      provider: applied.provider,
      awsAccountId: applied.awsAccountId,
      awsRoleName: applied.awsRoleName,
      serviceAccount: {
        email: applied.serviceAccount,
        uniqueId: '110000000000000000001',
        publicKeys: new Map(),
      },
      tokenIssuer: applied.tokenIssuer,
      ...(signInPort === undefined
        ? {}
        : {
            named: {
              issuer: 'https://accounts.google.com',
              signInUrl: `https://127.0.0.1:${signInPort}/o/oauth2/v2/auth`,
            },
          }),
    });
    started.push(google);
    return {
      gemini,
      firestore,
      storage,
      google,
      signInPort,
      children: [gemini.child, firestore.child, storage.child],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** fake-gcs-server in memory, with the bucket. */
async function startStorage(
  bucket: string,
  context: StartContext & { emit: Emit },
  hasName: boolean,
): Promise<{ child: Child; url: string }> {
  const [folder = ''] = await ensureTools(['fake-gcs-server'], context, context.emit);
  const port = await claimPort(0);
  const url = `http://127.0.0.1:${port}`;
  const [name] = GOOGLE_SERVICES.storage.names;
  const publicUrl = hasName ? `https://${name}` : url;
  const address = ['-host', '127.0.0.1', '-port', String(port), '-external-url', publicUrl];
  const child = await startChild({
    name: 'fake-gcs-server',
    command: endingWithParent([
      join(folder, 'fake-gcs-server'),
      '-backend',
      'memory',
      '-scheme',
      'http',
      '-log-level',
      'warn',
      '-public-host',
      hasName ? name : `127.0.0.1:${port}`,
      ...address,
    ]),
    cwd: context.root,
    env: { PATH: context.env['PATH'] },
    logPath: join(context.dataDir, 'logs/fake-gcs-server.log'),
    redact: context.redact,
    stopWithinMs: 3_000,
  });
  const deadline = Date.now() + STORAGE_START_MS;
  for (;;) {
    const made = await fetch(`${url}/storage/v1/b?project=rehearsal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket }),
    }).catch(() => undefined);
    if (made?.ok) return { child, url };
    if (Date.now() > deadline) {
      await child.stop();
      throw new Error(`fake-gcs-server did not answer within ${STORAGE_START_MS / 1000} s`);
    }
    await Bun.sleep(50);
  }
}
