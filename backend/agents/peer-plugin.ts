import { BasePlugin } from '@google/adk';
import { consult } from '../peer/consult.ts';
import type { PeerClient } from '../peer/peer-client.ts';

/**
 * Lets agents ask the peer by ADK's own means: a tool finds this plugin by its name
 * (`pluginManager.getPlugin('lornu_peer')`), so an agent needs no import of ours and no address.
 */
export class PeerPlugin extends BasePlugin {
  readonly #peer: PeerClient;

  constructor(peer: PeerClient) {
    super('lornu_peer');
    this.#peer = peer;
  }

  /** The peer's words as a quotation, or a sentence with the key `error`; `signal` is the turn's. */
  async consult(question: string, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
    return consult(this.#peer, question, signal);
  }
}
