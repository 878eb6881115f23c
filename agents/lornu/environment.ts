import type { Context } from '@google/adk';

/** The service offers its own status to agents through an ADK plugin of this name (see README.md). */
const ENVIRONMENT_PLUGIN = 'lornu_environment';

interface EnvironmentPlugin {
  status(): Promise<Record<string, unknown>>;
}

/** The service's status; a plain sentence if the agent runs elsewhere (adk web, a test). */
export async function readEnvironment(context: Context | undefined): Promise<Record<string, unknown>> {
  const plugin: unknown = context?.invocationContext.pluginManager.getPlugin(ENVIRONMENT_PLUGIN);
  if (!isEnvironmentPlugin(plugin)) return { error: 'The environment is not known where this agent runs.' };
  return plugin.status();
}

function isEnvironmentPlugin(plugin: unknown): plugin is EnvironmentPlugin {
  return (
    typeof plugin === 'object' && plugin !== null && 'status' in plugin && typeof plugin.status === 'function'
  );
}
