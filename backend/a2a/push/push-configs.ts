import type {
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotFoundError,
} from '@a2a-js/sdk/errors';
import type { ServerCallContext } from '@a2a-js/sdk/server';
import type { Webhooks } from '../../tasks/task-records.ts';
import type { Version } from '../wire/version.ts';
import { pinTarget, type PushTargets, type Resolve } from './address-guard.ts';
import { fromWebhook, type StoredConfig } from './stored-config.ts';

export interface PushConfigsDeps {
  webhooks: Webhooks;
  targets: PushTargets;
  resolve?: Resolve;
}

const MOST_CONFIGS = 10;
const LONGEST_ID = 128;
/** Text that may be sent in a header: one line of printable ASCII. */
const HEADER_TEXT = /^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/;
const SCHEME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** Sets, shows and removes webhooks of tasks, for the task's owner. */
export class PushConfigs {
  readonly #deps: PushConfigsDeps | undefined;
  readonly #loadTask: (id: string, context: ServerCallContext) => Promise<Task>;

  /**
   * Without `parts`, notifications are off and every call is refused as unsupported. `loadTask` throws for tasks of
   * other callers.
   */
  constructor(
    deps: PushConfigsDeps | undefined,
    loadTask: (id: string, context: ServerCallContext) => Promise<Task>,
  ) {
    this.#deps = deps;
    this.#loadTask = loadTask;
  }

  async create(
    config: TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    await this.#loadAllowed(config.taskId, context);
    await this.assertAllowed(config);
    return this.save(config, context);
  }

  async get(
    { taskId, id }: GetTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    const { webhooks } = await this.#loadAllowed(taskId, context);
    const stored = (await webhooks.list(taskId)).map(fromWebhook);
    // 0.3 may ask for a task's config without an id.
    const found = id ? stored.find(({ config }) => config.id === id) : stored[0];
    if (!found) throw new TaskNotFoundError('The task has no such push notification config.');
    return found.config;
  }

  async list(
    { taskId }: ListTaskPushNotificationConfigsRequest,
    context: ServerCallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    const { webhooks } = await this.#loadAllowed(taskId, context);
    const configs = (await webhooks.list(taskId)).map((one) => fromWebhook(one).config);
    return { configs, nextPageToken: '' };
  }

  async remove(
    { taskId, id }: DeleteTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    const { webhooks } = await this.#loadAllowed(taskId, context);
    await webhooks.remove(taskId, id);
  }

  /** Throws if notifications are off or the webhook's address is not allowed. */
  async assertAllowed({ id, url, token, authentication }: TaskPushNotificationConfig): Promise<void> {
    const { targets, resolve } = this.#required();
    if (id.length > LONGEST_ID) throw malformed(`id is longer than ${LONGEST_ID} characters`);
    if (token && !HEADER_TEXT.test(token)) throw malformed('token holds what no header can');
    const { scheme = '', credentials = '' } = authentication ?? {};
    if (scheme && !SCHEME.test(scheme)) throw malformed('authentication.scheme is not the name of a scheme');
    if (credentials && !HEADER_TEXT.test(credentials))
      throw malformed('authentication.credentials hold what no header can');
    await pinTarget(url, targets, resolve);
  }

  /** Stores a webhook after `assertAllowed` accepted it. */
  async save(
    config: TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    const { webhooks } = this.#required();
    const saved = { ...config, id: config.id || crypto.randomUUID() };
    const known = await webhooks.list(config.taskId);
    const isNew = !known.some(({ id }) => id === saved.id);
    if (isNew && known.length >= MOST_CONFIGS)
      throw new RequestMalformedError(`A task has at most ${MOST_CONFIGS} push notification configs.`);
    const version: Version = context.requestedVersion === '0.3' ? '0.3' : '1.0';
    const stored: StoredConfig = { config: saved, version };
    await webhooks.put(config.taskId, { id: saved.id, json: JSON.stringify(stored) });
    return saved;
  }

  async #loadAllowed(taskId: string, context: ServerCallContext): Promise<PushConfigsDeps> {
    const parts = this.#required();
    await this.#loadTask(taskId, context);
    return parts;
  }

  #required(): PushConfigsDeps {
    if (!this.#deps) throw new PushNotificationNotSupportedError();
    return this.#deps;
  }
}

function malformed(why: string): Error {
  return new RequestMalformedError(`The push notification config's ${why}.`);
}
