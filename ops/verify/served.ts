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

/** What the service says of itself at /version. */
export interface ServedVersion extends z.output<typeof VERSION> {
  /** The FastAPI/ADK agent: it has no runs that outlive a connection, no cancel and no sign-in. */
  isPython: boolean;
}

/** Undefined when there is no such answer; the check of the version says what came instead. */
export async function readServed(target: Target): Promise<ServedVersion | undefined> {
  const response = await ask(target, '/version').catch(() => undefined);
  if (!response?.ok) return undefined;
  const parsed = VERSION.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? { ...parsed.data, isPython: parsed.data.language === 'python' } : undefined;
}

/** Why something is not offered by the FastAPI/ADK agent. */
export const NOT_IN_PYTHON = 'the FastAPI/ADK agent is served, which does not have it';
