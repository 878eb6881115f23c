import { BaseAgent, type Event } from '@google/adk';

/** An agent with a bug. */
class Faulty extends BaseAgent {
  // oxlint-disable-next-line require-yield -- it fails before it says anything
  protected override async *runAsyncImpl(): AsyncGenerator<Event, void> {
    throw new TypeError('a bug of the agent');
  }

  // oxlint-disable-next-line require-yield -- as above
  protected override async *runLiveImpl(): AsyncGenerator<Event, void> {
    throw new TypeError('a bug of the agent');
  }
}

export const rootAgent = new Faulty({ name: 'faulty', description: 'Fails by a bug.' });
