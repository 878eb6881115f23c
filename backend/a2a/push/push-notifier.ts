import type { Task } from '@a2a-js/sdk';
import type { AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { Logger } from '../../observability/logger.ts';
import type { Webhooks } from '../../tasks/task-records.ts';
import { authenticationHeaders, isWorthACall, notificationOf } from './payload.ts';
import type { PushSender } from './push-sender.ts';
import { fromWebhook } from './stored-config.ts';

export interface PushNotifierDeps {
  webhooks: Pick<Webhooks, 'list'>;
  sender: Pick<PushSender, 'send'>;
  log: Logger;
}

/** Notifies the webhooks of a task of its events, in order. */
export class PushNotifier {
  readonly #deps: PushNotifierDeps;
  /** Pending notifications by task. Tasks do not wait for one another. */
  readonly #works = new Map<string, Promise<void>>();

  constructor(deps: PushNotifierDeps) {
    this.#deps = deps;
  }

  /** Sends in the background and never throws. `owner` is the user id of the caller that owns the task. */
  notify(event: AgentExecutionEvent, task: Task | undefined, owner: string): void {
    if (!task || !isWorthACall(event)) return;
    const asItIs = { ...task, artifacts: [...task.artifacts], history: [...task.history] };
    const work = (this.#works.get(task.id) ?? Promise.resolve())
      .then(async () => this.#send(event, asItIs, owner))
      .catch((error: unknown) =>
        this.#deps.log.error('push notifications could not be made', { taskId: task.id, error }),
      )
      .finally(() => {
        if (this.#works.get(task.id) === work) this.#works.delete(task.id);
      });
    this.#works.set(task.id, work);
  }

  async #send(event: AgentExecutionEvent, task: Task, owner: string): Promise<void> {
    const { webhooks, sender } = this.#deps;
    for (const webhook of await webhooks.list(task.id)) {
      const { config, version } = fromWebhook(webhook);
      const made = notificationOf(event, task, version);
      if (!made) continue;
      const headers = { 'content-type': made.contentType, ...authenticationHeaders(config) };
      const { id: configId, url } = config;
      sender.send({ owner, taskId: task.id, configId, url, body: made.body, headers });
    }
  }
}
