import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/logger.ts';
import type { IdentityBindings } from '../identify-caller.ts';
import { type MtlsFront, startMtlsFront } from './mtls-front.ts';

/** The port with client certificates, where nothing in front of us verifies them. */
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
    onRefused: (reason) => log.warn('a connection without a good client certificate was refused', { reason }),
  });
  log.info('listening for client certificates', { port: front.port });
  return front;
}
