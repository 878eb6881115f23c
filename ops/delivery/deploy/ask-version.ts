import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { DeliveryContext } from '../delivery-context.ts';
import type { ServedAnswer } from './judge.ts';

const ANSWER_MS = 10_000;
const VERSION = z.looseObject({ revision: z.string() });

export interface VersionSource {
  /** The environment's public address. */
  url: string;
  /** host:port to connect to instead; the certificate must still match the public address. */
  connectTo?: string | undefined;
  /** PEM file of additional CAs. */
  caFile?: string | undefined;
}

/** Requests /version through the load balancer on a new connection; never throws. */
export async function askVersion(
  source: VersionSource,
  signal: DeliveryContext['signal'],
): Promise<ServedAnswer> {
  const { url, connectTo, caFile } = source;
  const address = new URL('/version', url);
  const host = address.host;
  const name = address.hostname;
  if (connectTo) address.host = connectTo;
  try {
    const ca = caFile ? await readFile(caFile, 'utf8') : undefined;
    const response = await fetch(address, {
      headers: { host },
      keepalive: false,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      tls: { serverName: name, ...(ca ? { ca } : {}) },
    });
    if (!response.ok) return { failure: `it answers ${response.status}` };
    const parsed = VERSION.safeParse(await response.json());
    return parsed.success ? { revision: parsed.data.revision } : { failure: 'its answer names no revision' };
  } catch (error) {
    return { failure: `no answer (${error instanceof Error ? error.message : String(error)})` };
  }
}
