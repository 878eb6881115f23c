import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetExtendedAgentCardRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
  type ListTasksResponse,
} from '@a2a-js/sdk';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { setRawBase64 } from '../raw-content.ts';
import { assertPart } from './check-part.ts';
import { reading } from './errors.ts';
import { isObject } from '../../json/is-object.ts';

type Json = Record<string, unknown>;

/** An A2A 1.0 operation with a single response: takes and returns ProtoJSON. */
type Call = (handler: A2ARequestHandler, params: Json, context: ServerCallContext) => Promise<unknown>;

/** An A2A 1.0 operation with a streamed response. */
type Stream = (
  handler: A2ARequestHandler,
  params: Json,
  context: ServerCallContext,
) => AsyncGenerator<StreamResponse, void, undefined>;

/** The A2A 1.0 operations by their JSON-RPC method names; the REST binding calls the same ones. */
export const CALLS = {
  SendMessage: async (handler, params, context) => {
    const result = await handler.sendMessage(sendRequestOf(params), context);
    return 'messageId' in result ? { message: Message.toJSON(result) } : { task: taskToJson(result) };
  },
  GetTask: async (handler, params, context) =>
    taskToJson(await handler.getTask(read(GetTaskRequest, params), context)),
  ListTasks: async (handler, params, context) => {
    const request = read(ListTasksRequest, params);
    return listToJson(await handler.listTasks(request, context), request.includeArtifacts === true);
  },
  CancelTask: async (handler, params, context) =>
    taskToJson(await handler.cancelTask(read(CancelTaskRequest, params), context)),
  CreateTaskPushNotificationConfig: async (handler, params, context) =>
    TaskPushNotificationConfig.toJSON(
      await handler.createTaskPushNotificationConfig(read(TaskPushNotificationConfig, params), context),
    ),
  GetTaskPushNotificationConfig: async (handler, params, context) =>
    TaskPushNotificationConfig.toJSON(
      await handler.getTaskPushNotificationConfig(
        read(GetTaskPushNotificationConfigRequest, params),
        context,
      ),
    ),
  ListTaskPushNotificationConfigs: async (handler, params, context) =>
    ListTaskPushNotificationConfigsResponse.toJSON(
      await handler.listTaskPushNotificationConfigs(
        read(ListTaskPushNotificationConfigsRequest, params),
        context,
      ),
    ),
  DeleteTaskPushNotificationConfig: async (handler, params, context) => {
    await handler.deleteTaskPushNotificationConfig(
      read(DeleteTaskPushNotificationConfigRequest, params),
      context,
    );
    return null;
  },
  GetExtendedAgentCard: async (handler, params, context) =>
    AgentCard.toJSON(
      await handler.getAuthenticatedExtendedAgentCard(read(GetExtendedAgentCardRequest, params), context),
    ),
} satisfies Record<string, Call>;

export const STREAMS = {
  SendStreamingMessage: (handler, params, context) =>
    handler.sendMessageStream(sendRequestOf(params), context),
  SubscribeToTask: (handler, params, context) =>
    handler.resubscribe(read(SubscribeToTaskRequest, params), context),
} satisfies Record<string, Stream>;

export type CallName = keyof typeof CALLS;
export type StreamName = keyof typeof STREAMS;

export const isCall = (method: string): method is CallName => Object.hasOwn(CALLS, method);
export const isStream = (method: string): method is StreamName => Object.hasOwn(STREAMS, method);

function read<T>(type: { fromJSON(json: unknown): T }, params: Json): T {
  return reading('request', () => type.fromJSON(params));
}

/**
 * Reads a message but keeps its files as base64: the SDK (1.3.0) processes their bytes one by one, which takes seconds
 * and twenty times the memory for a file of 30 MB.
 */
function sendRequestOf(params: Json): SendMessageRequest {
  const { message } = params;
  const given = isObject(message) && Array.isArray(message['parts']) ? message['parts'] : undefined;
  if (!isObject(message) || !given) return read(SendMessageRequest, params);
  given.forEach(assertPart);
  const rawOf = (part: unknown): string | undefined =>
    isObject(part) && typeof part['raw'] === 'string' ? part['raw'] : undefined;
  const parts = given.map((part: unknown) =>
    rawOf(part) === undefined ? part : { ...(part as Json), raw: '' },
  );
  const request = read(SendMessageRequest, { ...params, message: { ...message, parts } });
  for (const [index, { content }] of (request.message?.parts ?? []).entries())
    if (content?.$case === 'raw') setRawBase64(content, rawOf(given[index]) ?? '');
  return request;
}

function taskToJson(task: Task): unknown {
  return Task.toJSON(task);
}

/** Omits artifacts unless requested; always includes nextPageToken (section 3.1.4). */
function listToJson({ tasks, ...page }: ListTasksResponse, includeArtifacts: boolean): unknown {
  return {
    ...page,
    tasks: tasks.map((task) => {
      const { artifacts, ...rest } = Task.toJSON(task) as Json;
      return includeArtifacts ? { ...rest, artifacts: artifacts ?? [] } : rest;
    }),
  };
}
