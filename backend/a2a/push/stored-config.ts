import { storedObject } from '../../errors/stored-json.ts';
import type { TaskPushNotificationConfig } from '@a2a-js/sdk';
import type { Webhook } from '../../tasks/task-records.ts';
import type { Version } from '../wire/version.ts';

/** A webhook and the protocol version in which it was set; its notifications use that version. */
export interface StoredConfig {
  config: TaskPushNotificationConfig;
  version: Version;
}

export function fromWebhook({ json }: Webhook): StoredConfig {
  return storedObject(json, 'a webhook of A2A') as unknown as StoredConfig;
}
