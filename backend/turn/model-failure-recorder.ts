import { BasePlugin } from '@google/adk';

/** Remembers the model's failure of a turn: ADK turns it into an event and goes on as if all were well. */
export class ModelFailureRecorder extends BasePlugin {
  error: Error | undefined;

  constructor() {
    super('lornu_model_failure');
  }

  override async onModelErrorCallback({ error }: { error: Error }): Promise<undefined> {
    this.error = error;
  }
}
