import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { isObject } from '../../json/is-object.ts';

/**
 * The REST binding of 0.3 uses a ProtoJSON that differs slightly from 1.0: parts are called `content`, files and data
 * are nested objects, `canceled` is spelled `cancelled`. The SDK only translates it inside its Express router.
 */
type Json = Record<string, unknown>;

const objectsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Converts a SendMessageRequest of 0.3 to 1.0. */
export function sendRequestFromLegacy(body: Json): Json {
  const { request, message = request, configuration, metadata } = withCamelKeys(body);
  if (!isObject(message)) throw new RequestMalformedError('message is required.');
  return { message: messageFromLegacy(message), ...configurationFromLegacy(configuration), metadata };
}

/** Fields that hold the caller's own JSON. */
const FREE: ReadonlySet<string> = new Set(['metadata', 'data']);

/** ProtoJSON also allows the field names of the .proto file, which Python's clients send. */
function withCamelKeys(value: Json): Json {
  const renamed = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(renamed);
    return isObject(inner) ? withCamelKeys(inner) : inner;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
      FREE.has(key) ? inner : renamed(inner),
    ]),
  );
}

function messageFromLegacy({ content, parts, ...message }: Json): Json {
  return { ...message, parts: objectsOf(content ?? parts).map(partFromLegacy) };
}

function partFromLegacy({ file, data, ...part }: Json): Json {
  if (isObject(file)) {
    const { fileWithUri: url, fileWithBytes: raw, mimeType, name } = file;
    return {
      ...part,
      ...(url === undefined ? { raw } : { url }),
      ...(mimeType === undefined ? {} : { mediaType: mimeType }),
      ...(name === undefined ? {} : { filename: name }),
    };
  }
  return isObject(data) ? { ...part, data: data['data'] ?? data } : part;
}

/** In 0.3 a request without `blocking` does not wait. */
function configurationFromLegacy(configuration: unknown): Json {
  if (!isObject(configuration)) return {};
  const { blocking, pushNotification, ...rest } = configuration;
  return {
    configuration: {
      ...rest,
      returnImmediately: blocking !== true,
      ...(isObject(pushNotification)
        ? { taskPushNotificationConfig: pushConfigFromLegacy(pushNotification) }
        : {}),
    },
  };
}

/** A webhook, with or without 0.3's wrapper object. */
export function pushConfigFromLegacy(body: Json): Json {
  const given = withCamelKeys(body);
  const { pushNotificationConfig: inner } = isObject(given['config']) ? given['config'] : given;
  const { authentication, ...config }: Json = isObject(inner) ? inner : given;
  if (!isObject(authentication)) return config;
  const { schemes, credentials } = authentication;
  const scheme: unknown = Array.isArray(schemes) ? schemes[0] : undefined;
  return { ...config, authentication: { scheme, credentials } };
}

/** A webhook in 0.3's form. */
export function pushConfigToLegacy({ taskId, tenant: _tenant, authentication, ...config }: Json): Json {
  const shown = isObject(authentication)
    ? { authentication: { schemes: [authentication['scheme']], credentials: authentication['credentials'] } }
    : {};
  return {
    name: `tasks/${String(taskId)}/pushNotificationConfigs/${String(config['id'])}`,
    pushNotificationConfig: { ...config, ...shown },
  };
}

/** Converts a SendMessageResponse or StreamResponse of 1.0 to 0.3. */
export function responseToLegacy(response: Json): Json {
  const { task, message, statusUpdate, artifactUpdate } = response;
  if (isObject(task)) return { task: taskToLegacy(task) };
  if (isObject(message)) return { message: messageToLegacy(message) };
  if (isObject(statusUpdate)) {
    const status = statusToLegacy(statusUpdate['status']);
    return { statusUpdate: { ...statusUpdate, status, final: isFinal(status['state']) } };
  }
  if (!isObject(artifactUpdate)) return response;
  const { artifact } = artifactUpdate;
  return {
    artifactUpdate: { ...artifactUpdate, artifact: isObject(artifact) ? artifactToLegacy(artifact) : {} },
  };
}

export function taskToLegacy({ status, artifacts, history, ...task }: Json): Json {
  return {
    ...task,
    status: statusToLegacy(status),
    ...(artifacts === undefined ? {} : { artifacts: objectsOf(artifacts).map(artifactToLegacy) }),
    ...(history === undefined ? {} : { history: objectsOf(history).map(messageToLegacy) }),
  };
}

function statusToLegacy(status: unknown): Json {
  if (!isObject(status)) return {};
  const { state, message, ...rest } = status;
  return {
    ...rest,
    state: state === 'TASK_STATE_CANCELED' ? 'TASK_STATE_CANCELLED' : state,
    ...(isObject(message) ? { message: messageToLegacy(message) } : {}),
  };
}

function messageToLegacy({ parts, referenceTaskIds: _ids, ...message }: Json): Json {
  return { ...message, content: objectsOf(parts).map(partToLegacy) };
}

function artifactToLegacy({ parts, ...artifact }: Json): Json {
  return { ...artifact, parts: objectsOf(parts).map(partToLegacy) };
}

function partToLegacy({ raw, url, data, mediaType, filename, ...part }: Json): Json {
  const about = {
    ...(mediaType === undefined ? {} : { mimeType: mediaType }),
    ...(filename === undefined ? {} : { name: filename }),
  };
  if (raw !== undefined) return { ...part, file: { fileWithBytes: raw, ...about } };
  if (url !== undefined) return { ...part, file: { fileWithUri: url, ...about } };
  return data === undefined ? part : { ...part, data: { data } };
}

const isFinal = (state: unknown): boolean =>
  !['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING'].includes(String(state));
