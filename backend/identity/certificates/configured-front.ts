import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/logger.ts';
import type { IdentityBindings } from '../identify-caller.ts';
import { type MtlsFront, startMtlsFront } from './mtls-front.ts';

const LOG_EVERY_MS = 10_000;

/**
 * Logs at most one line in ten seconds, with the number of refusals since the last line: anybody can cause refusals.
 */
export function createRefusalLog(log: Logger, now: () => number): (reason: string) => void {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  let unlogged = 0;
  return (reason) => {
    unlogged += 1;
    if (now() - loggedAtMs < LOG_EVERY_MS) return;
    log.warn('a connection without a good client certificate was refused', { reason, count: unlogged });
    loggedAtMs = now();
    unlogged = 0;
  };
}

/** Starts the port for client certificates, if nothing in front of the service verifies them. */
export async function startConfiguredFront(
  { identity, listen }: Config,
  fetch: (request: Request, bindings: IdentityBindings) => Response | Promise<Response>,
  log: Logger,
): Promise<MtlsFront | undefined> {
  const { mutualTls } = identity.callers;
  if (mutualTls.kind !== 'native') return undefined;
  const [certificate, key, authorities] = await Promise.all(
    [mutualTls.certificateFile, mutualTls.keyFile, mutualTls.authoritiesFile].map((file) =>
      Bun.file(file).text(),
    ),
  );
  const front = await startMtlsFront({
    host: listen.host,
    port: mutualTls.port,
    certificate: certificate ?? '',
    key: key ?? '',
    authorities: authorities ?? '',
    fetch: (request, _server, presented) => fetch(request, { certificate: presented }),
    onRefused: createRefusalLog(log, Date.now),
  });
  log.info('listening for client certificates', { port: front.port });
  return front;
}
