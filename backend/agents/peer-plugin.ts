import { BasePlugin } from '@google/adk';
import { consult } from '../peer/consult.ts';
import type { PeerClient } from '../peer/peer-client.ts';

/**
 * Lets agents ask the peer through ADK: a tool finds this plugin by name (`pluginManager.getPlugin('lornu_peer')`), so
 * agents need no import from the service and no address.
 */
export class PeerPlugin extends BasePlugin {
  readonly #peer: PeerClient;

  constructor(peer: PeerClient) {
    super('lornu_peer');
    this.#peer = peer;
  }

  /** The peer's answer as a quotation, or a sentence under the key `error`. `signal` is the turn's. */
  async consult(question: string, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
    return consult(this.#peer, question, signal);
  }
}
