import { z } from 'zod';
import { ask, type Target } from './target.ts';

const VERSION = z.object({
  language: z.string().optional(),
  revision: z.string().optional(),
  environment: z.string().optional(),
  model: z.string().optional(),
  modelIsStandIn: z.boolean().optional(),
  rehearsal: z.boolean().optional(),
  database: z.string().optional(),
});

/** What the service reports at /version. */
export interface ServedVersion extends z.output<typeof VERSION> {
  /** The FastAPI/ADK agent, which has no runs that outlive a connection, no cancel and no sign-in. */
  isPython: boolean;
}

/** Undefined if there is no valid response; the version check reports what came instead. */
export async function readServed(target: Target): Promise<ServedVersion | undefined> {
  const response = await ask(target, '/version').catch(() => undefined);
  if (!response?.ok) return undefined;
  const parsed = VERSION.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? { ...parsed.data, isPython: parsed.data.language === 'python' } : undefined;
}

/** Why the FastAPI/ADK agent does not offer something. */
export const NOT_IN_PYTHON = 'the FastAPI/ADK agent is served, which does not have it';
