import { readFile } from 'node:fs/promises';
import type { Target } from '@lornu/ops/verify/target.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import type { Stage } from './scenario.ts';
import { SERVICE_EMAILS } from '../terraform/variables.ts';

const APP = 'lornu';

/** The served environment, as seen from outside, with the verifier's token. */
export async function targetOf(served: ServedRehearsal, signal: AbortSignal): Promise<Target> {
  return (await targetsOf(served, signal, SERVICE_EMAILS.slice(0, 1)))[0] as Target;
}

/** The same for one break of a series, with the token of another caller than the break before it. */
export async function targetInSeries({ served, context, position = 0 }: Stage): Promise<Target> {
  const email = SERVICE_EMAILS[position % SERVICE_EMAILS.length] as string;
  return (await targetsOf(served, context.signal, [email]))[0] as Target;
}

/** The same, once for each machine that may act for users, as each has its own limits. */
export async function targetsOf(
  served: ServedRehearsal,
  signal: AbortSignal,
  emails: readonly string[] = SERVICE_EMAILS,
): Promise<Target[]> {
  const authority = await readFile(served.caFile, 'utf8');
  const at = (port: number) => ({ host: '127.0.0.1', port: served.ports[port] ?? 0 });
  return Promise.all(
    emails.map(async (email) => ({
      url: new URL(served.publicUrl),
      connect: { https: at(443), http: at(80) },
      authority,
      token: await served.token({ email }),
      appName: APP,
      signal,
    })),
  );
}

/** Tokens that the load balancer must refuse, though Google's key signed them. */
export async function refusedTokens(served: ServedRehearsal): Promise<Record<string, string>> {
  return {
    expired: await served.token({ lifetimeS: -60 }),
    'of another audience': await served.token({ audience: 'https://elsewhere.example' }),
    'of another issuer': await served.token({ issuer: 'https://issuer.example' }),
    'of a stranger': await served.token({ email: 'stranger@elsewhere.iam.gserviceaccount.com' }),
  };
}
