import { BasePlugin } from '@google/adk';

/** Records the model's failure of a turn: ADK turns it into an event and continues as if nothing had happened. */
export class ModelFailureRecorder extends BasePlugin {
  error: Error | undefined;

  constructor() {
    super('lornu_model_failure');
  }

  override async onModelErrorCallback({ error }: { error: Error }): Promise<undefined> {
    this.error = error;
  }
}
