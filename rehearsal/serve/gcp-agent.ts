import { type Child, childEnded } from '@lornu/ops/process/child.ts';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { startPeer } from '@lornu/ops/up/start-peer.ts';
import { FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import type { GoogleSide } from './google-side.ts';
import type { AppliedGoogle } from './read-applied.ts';

export interface GcpAgent {
  url: string;
  /** The address for the service. */
  peerUrl: string;
  /** Kills the agent (SIGKILL), like a cloud that is down. Its address refuses connections until `start`. */
  kill: () => Promise<void>;
  /** Starts the agent again at the same address. Resolves when it answers. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Rejects if the agent ends by itself. Never resolves. */
  failed: Promise<never>;
}

/**
 * Starts the agent of Google Cloud as the service's peer: the same Firestore database, tokens of the applied issuer
 * from the applied service account alone. It does not call the service, whose name does not lead to this
 * machine. `publicUrl` is its address for the service, if that is not on loopback.
 */
export async function startGcpAgent(
  applied: AppliedGoogle,
  side: GoogleSide,
  context: StartContext & { emit: Emit },
  line: (line: string) => void,
  publicUrl?: string,
): Promise<GcpAgent> {
  const port = await claimPort(0);
  const url = `http://127.0.0.1:${port}`;
  const name = publicUrl ?? url;
  const metadataServer = new URL(side.google.url).host;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let child: Child | undefined;
  const start = async (): Promise<void> => {
    const started = await startPeer(
      {
        port,
        standInUrl: side.gemini.url,
        env: {
          LORNU_PUBLIC_URL: name,
          // Requests with a host name other than this machine's are intended.
          ...(publicUrl === undefined ? {} : { LORNU_REHEARSAL: '1' }),
          // google-adk refuses a page of another origin; this is the page under the shared name.
          ALLOW_ORIGINS: `https://${FAILOVER_DOMAIN_NAME}`,
          A2A_TOKEN_ISSUER: applied.tokenIssuer,
          A2A_TOKEN_JWKS_URL: `${side.google.url}/oauth2/v3/certs`,
          A2A_TOKEN_AUDIENCE: name,
          A2A_ALLOWED_EMAILS: applied.serviceAccount,
          SESSION_SERVICE_URI: `firestore://${applied.project}/${applied.database}`,
          FIRESTORE_EMULATOR_HOST: side.firestore.host,
          GOOGLE_CLOUD_PROJECT: applied.project,
          LORNU_TRACE_URL: side.google.url,
          GCE_METADATA_HOST: metadataServer,
          GCE_METADATA_IP: metadataServer,
        },
        onLine: () => {},
      },
      context,
      { emit: context.emit, line },
    );
    child = started.child;
    const own = started.child;
    void own.ended.then((how) => {
      if (child === own) failure.reject(childEnded(own, how, './lornu rehearse serve'));
    });
  };
  /** From now on, its end is expected. */
  const release = (): Child | undefined => {
    const own = child;
    child = undefined;
    return own;
  };
  await start();
  return {
    url,
    peerUrl: `${url}/a2a/lornu`,
    kill: async () => {
      const own = release();
      if (own === undefined) return;
      signalGroup(own.pid, 'SIGKILL');
      await own.ended;
    },
    start,
    stop: async () => release()?.stop(),
    failed: failure.promise,
  };
}
