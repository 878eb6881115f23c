import type { Task } from '@a2a-js/sdk';
import type { AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { Logger } from '../../observability/logger.ts';
import type { Webhooks } from '../../tasks/task-records.ts';
import { authenticationHeaders, isWorthACall, notificationOf } from './payload.ts';
import type { PushSender } from './push-sender.ts';
import { fromWebhook } from './stored-config.ts';

export interface PushNotifierParts {
  webhooks: Pick<Webhooks, 'list'>;
  sender: Pick<PushSender, 'send'>;
  log: Logger;
}

/** Tells the webhooks of a task what happens to it, in the order in which it happens. */
export class PushNotifier {
  readonly #parts: PushNotifierParts;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: PushNotifierParts) {
    this.#parts = parts;
  }

  /** Nobody waits for it, and it never fails. */
  notify(event: AgentExecutionEvent, task: Task | undefined): void {
    if (!task || !isWorthACall(event)) return;
    const asItIs = { ...task, artifacts: [...task.artifacts], history: [...task.history] };
    this.#work = this.#work
      .then(async () => this.#send(event, asItIs))
      .catch((error: unknown) =>
        this.#parts.log.error('push notifications could not be made', { taskId: task.id, error }),
      );
  }

  async #send(event: AgentExecutionEvent, task: Task): Promise<void> {
    const { webhooks, sender } = this.#parts;
    for (const webhook of await webhooks.list(task.id)) {
      const { config, version } = fromWebhook(webhook);
      const made = notificationOf(event, task, version);
      if (!made) continue;
      const headers = { 'content-type': made.contentType, ...authenticationHeaders(config) };
      sender.send({ taskId: task.id, configId: config.id, url: config.url, body: made.body, headers });
    }
  }
}
