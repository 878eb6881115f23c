import { BasePlugin } from '@google/adk';

/** The service's status for its agents; contains no secrets. */
export type EnvironmentStatus = Record<string, unknown>;

/**
 * Offers the service's status to agents through ADK: a tool finds this plugin by name
 * (`pluginManager.getPlugin('lornu_environment')`), so agents need no import from the service and no global.
 */
export class EnvironmentPlugin extends BasePlugin {
  /** Called on every use; the caller that provides it bounds its time. */
  readonly status: () => Promise<EnvironmentStatus>;

  constructor(status: () => Promise<EnvironmentStatus>) {
    super('lornu_environment');
    this.status = status;
  }
}
