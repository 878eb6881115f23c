import type { AgentRegistry, LoadedAgent } from '../agents/agent-registry.ts';
import { AppError } from '../errors/app-error.ts';

/** The app of that name. Throws APP_INTERNAL, APP_BROKEN or APP_NOT_FOUND, checked in Python ADK's order. */
export function requireApp(registry: AgentRegistry, appName: string): LoadedAgent {
  if (appName.startsWith('__')) throw new AppError('APP_INTERNAL');
  const app = registry.agents.get(appName);
  if (app) return app;
  if (registry.broken.some((broken) => broken.appName === appName)) throw new AppError('APP_BROKEN');
  throw new AppError('APP_NOT_FOUND', `Agent not found: '${appName}'.`);
}
