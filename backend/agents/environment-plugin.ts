import { BasePlugin } from '@google/adk';

/** What the service says about itself to its agents; nothing secret. */
export type EnvironmentStatus = Record<string, unknown>;

/**
 * Offers the service's status to agents by ADK's own means: a tool finds this plugin by its name
 * (`pluginManager.getPlugin('lornu_environment')`), so an agent needs no import of ours and no global.
 */
export class EnvironmentPlugin extends BasePlugin {
  /** Asked anew each time; bounded in time by whoever provides it. */
  readonly status: () => Promise<EnvironmentStatus>;

  constructor(status: () => Promise<EnvironmentStatus>) {
    super('lornu_environment');
    this.status = status;
  }
}
