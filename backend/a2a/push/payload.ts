import { A2A_CONTENT_TYPE, StreamResponse, type Task, type TaskPushNotificationConfig } from '@a2a-js/sdk';
import { V03PushNotificationSerializer } from '@a2a-js/sdk/compat/v0_3/server';
import type { AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { Version } from '../wire/version.ts';

const legacy = new V03PushNotificationSerializer();

type NotifiedEvent = Exclude<AgentExecutionEvent, { kind: 'message' }>;

/** Whether the event is worth a webhook call. Chunks of an answer are not: the last chunk holds all of it. */
export function isWorthACall(event: AgentExecutionEvent): event is NotifiedEvent {
  return event.kind === 'artifactUpdate' ? event.data.lastChunk : event.kind !== 'message';
}

/**
 * The payload for a webhook: in 1.0 the event, in 0.3 the whole task (0.3 section 9.5). Undefined if there is nothing
 * to send.
 */
export function notificationOf(
  event: AgentExecutionEvent,
  task: Task,
  version: Version,
): { body: string; contentType: string } | undefined {
  if (!isWorthACall(event)) return undefined;
  if (version === '0.3')
    return event.kind === 'artifactUpdate'
      ? undefined
      : legacy.serialize({ payload: { $case: 'task', value: task } });
  return { body: JSON.stringify(StreamResponse.toJSON(toResponse(event))), contentType: A2A_CONTENT_TYPE };
}

/** Headers that authenticate us to the receiver: the credentials and the token that it configured. */
export function authenticationHeaders(config: TaskPushNotificationConfig): Record<string, string> {
  const { scheme = '', credentials = '' } = config.authentication ?? {};
  return {
    ...(scheme && credentials ? { authorization: `${scheme} ${credentials}` } : {}),
    ...(config.token ? { 'x-a2a-notification-token': config.token } : {}),
  };
}

function toResponse(event: NotifiedEvent): StreamResponse {
  switch (event.kind) {
    case 'task':
      return { payload: { $case: 'task', value: event.data } };
    case 'statusUpdate':
      return { payload: { $case: 'statusUpdate', value: event.data } };
    case 'artifactUpdate':
      return { payload: { $case: 'artifactUpdate', value: event.data } };
  }
}
