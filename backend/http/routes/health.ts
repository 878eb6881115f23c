import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { defineRoute, type Route } from '../route.ts';

const VERSION = z.object({
  version: z.string(),
  language: z.string(),
  language_version: z.string(),
  revision: z.string(),
  environment: z.string(),
  region: z.string(),
  model: z.string(),
  /** What a caller may choose for one turn, the usual one first; absent where there is no choice. */
  models: z.array(z.string()).optional(),
  modelIsStandIn: z.boolean(),
  rehearsal: z.boolean().optional(),
  /** The Firestore database of the sessions. */
  database: z.string().optional(),
});

/** Liveness and version of this process; no dependency is checked. `models`: what a caller may choose. */
export function healthRoutes(
  config: Config,
  adkVersion: string,
  { model, models }: { model: string; models: readonly string[] },
): Route[] {
  const version: z.output<typeof VERSION> = {
    version: adkVersion,
    language: 'typescript',
    language_version: `bun ${Bun.version}`,
    revision: config.revision,
    environment: config.environment,
    region: config.region,
    model,
    ...(models.length > 0 ? { models: [...models] } : {}),
    modelIsStandIn: config.model.kind === 'stand-in',
    ...(config.rehearsal ? { rehearsal: true } : {}),
    ...(config.sessions.kind === 'firestore' ? { database: config.sessions.database } : {}),
  };
  return [
    defineRoute({
      method: 'get',
      path: '/health',
      summary: 'Whether this process lives.',
      tag: 'service',
      isOpen: true,
      answer: z.object({ status: z.literal('ok') }),
      errors: [],
      handler: ({ context }) => context.json({ status: 'ok' }),
    }),
    defineRoute({
      method: 'get',
      path: '/version',
      summary: 'What runs here: versions, revision, environment, region and model.',
      tag: 'service',
      isOpen: true,
      answer: VERSION,
      errors: [],
      handler: ({ context }) => context.json(version),
    }),
  ];
}
