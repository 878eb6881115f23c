import { type ListTasksRequest, type Message, Role, type SendMessageRequest, TaskState } from '@a2a-js/sdk';
import { RequestMalformedError } from '@a2a-js/sdk/errors';

const LONGEST_ID = 256;
const MOST_PARTS = 256;
const MOST_REFERENCES = 64;
const MOST_TASKS_A_PAGE = 100;

/** The message of a request, validated. Throws RequestMalformedError. */
export function messageOf({ message, configuration }: SendMessageRequest): Message {
  if (!message) throw malformed('message is required.');
  const { messageId, role, parts, taskId, contextId, referenceTaskIds } = message;
  if (!messageId) throw malformed('message.messageId is required.');
  if (role !== Role.ROLE_USER)
    throw malformed('message.role must be that of a user: the agent speaks for itself.');
  if (parts.length === 0) throw malformed('message.parts must not be empty.');
  if (parts.length > MOST_PARTS) throw malformed(`message.parts has more than ${MOST_PARTS} parts.`);
  if (parts.some(({ content }) => content === undefined))
    throw malformed('Each part of a message must have one of text, raw, url and data.');
  if (referenceTaskIds.length > MOST_REFERENCES)
    throw malformed(`message.referenceTaskIds has more than ${MOST_REFERENCES} ids.`);
  for (const [name, id] of Object.entries({ messageId, taskId, contextId }))
    if (id.length > LONGEST_ID) throw malformed(`message.${name} is longer than ${LONGEST_ID} characters.`);
  if (contextId) assertContextId(contextId);
  assertHistoryLength(configuration?.historyLength);
  return message;
}

/** A contextId becomes a session id, so it must fit into every store. */
function assertContextId(id: string): void {
  const isOdd =
    id === '.' ||
    id === '..' ||
    id.includes('/') ||
    /\p{Cc}/u.test(id) ||
    !id.isWellFormed() ||
    /^__.*__$/.test(id);
  if (isOdd) throw malformed('message.contextId holds characters that are not allowed in an id here.');
}

/** Throws RequestMalformedError unless page size, state, time and history length are valid. */
export function assertTaskList({
  pageSize = 1,
  status,
  statusTimestampAfter,
  historyLength,
}: ListTasksRequest): void {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MOST_TASKS_A_PAGE)
    throw malformed(`pageSize must be a whole number from 1 to ${MOST_TASKS_A_PAGE}.`);
  if (status === TaskState.UNRECOGNIZED) throw malformed('status is not a state of a task.');
  if (statusTimestampAfter && Number.isNaN(Date.parse(statusTimestampAfter)))
    throw malformed('statusTimestampAfter must be a time in RFC 3339 format.');
  assertHistoryLength(historyLength);
}

/** Throws RequestMalformedError unless the value is undefined or a whole number of at least 0. */
export function assertHistoryLength(historyLength: number | undefined): void {
  if (historyLength === undefined) return;
  if (!Number.isInteger(historyLength) || historyLength < 0)
    throw malformed('historyLength must be a whole number from 0 on.');
}

function malformed(message: string): Error {
  return new RequestMalformedError(message);
}
