import { status } from '@grpc/grpc-js';
import type { Row } from './backend.ts';
import type { StoredDocument } from './documents.ts';
import { RpcError } from './rpc-error.ts';
import type { Timestamp } from './value.ts';

/** A request over REST, in the form of the same gRPC call. */
export interface RestCall {
  method: string;
  request: Record<string, unknown>;
  /** Whether the response is a list: the messages of a stream. */
  isStream: boolean;
}

const METHODS: { [verb: string]: { method: string; isStream: boolean } } = {
  batchGet: { method: 'BatchGetDocuments', isStream: true },
  runQuery: { method: 'RunQuery', isStream: true },
  runAggregationQuery: { method: 'RunAggregationQuery', isStream: true },
  beginTransaction: { method: 'BeginTransaction', isStream: false },
  commit: { method: 'Commit', isStream: false },
  rollback: { method: 'Rollback', isStream: false },
};
const PATH = /^\/v1\/(projects\/[^/]+\/databases\/[^/]+\/documents(?:\/[^:]*)?):(\w+)$/;
/** HTTP status codes of gRPC's: google.rpc.Code. */
const HTTP_STATUS: { [code: number]: number } = {
  [status.CANCELLED]: 499,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.UNAVAILABLE]: 503,
  [status.UNAUTHENTICATED]: 401,
};

/** Reads a request to Firestore's REST API. Throws RpcError. */
export function readRestCall(path: string, body: string): RestCall {
  const [, parent = '', verb = ''] = PATH.exec(path) ?? [];
  if (!METHODS[verb])
    throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the REST call ${path}.`);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new RpcError(status.INVALID_ARGUMENT, 'Invalid JSON payload received.');
  }
  return toCall(verb, parent.split('/').map(decodeURIComponent).join('/'), json as object);
}

/**
 * Builds the gRPC form of a call; copies the body. `target`: the full name of the parent or of a document. Throws
 * RpcError.
 */
export function toCall(verb: string, target: string, body: object): RestCall {
  const { method, isStream } = METHODS[verb]!;
  const where = method.startsWith('Run')
    ? { parent: target }
    : { database: target.slice(0, target.indexOf('/documents')) };
  return { method, isStream, request: { ...(fromRest(body) as object), ...where } };
}

/** The messages of a response as JSON. */
export function restAnswer(rows: readonly Row[], isStream: boolean): Response {
  return Response.json(isStream ? rows.map(rowToRest) : rowToRest(rows[0] ?? {}));
}

export function restError({ code, details }: { code: status; details: string }, isStream: boolean): Response {
  const httpStatus = HTTP_STATUS[code] ?? 500;
  const error = { error: { code: httpStatus, message: details, status: status[code] } };
  return Response.json(isStream ? [error] : error, { status: httpStatus });
}

const TIMES = new Set(['timestampValue', 'updateTime', 'createTime', 'readTime', 'commitTime']);

/** A copy of proto3's JSON in the form of gRPC's messages. */
export function fromRest(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromRest);
  const message: Record<string, unknown> = {};
  for (const key in json) {
    if (key === '__proto__')
      throw new RpcError(status.INVALID_ARGUMENT, `Property name "${key}" is reserved.`);
    message[key] = revived(key, (json as Record<string, unknown>)[key]);
  }
  return message;
}

/** In proto3's JSON times and bytes are texts, and a limit is a number. Fields of documents with these names are objects. */
function revived(key: string, value: unknown): unknown {
  if (typeof value === 'string') return revivedText(key, value);
  if (value === null) return key === 'nullValue' ? 'NULL_VALUE' : null;
  if (typeof value === 'number') return key === 'limit' ? { value } : value;
  return fromRest(value);
}

function revivedText(key: string, text: string): unknown {
  switch (key) {
    case 'transaction':
    case 'retryTransaction':
    case 'bytesValue':
      return Buffer.from(text, 'base64');
    case 'doubleValue':
      return Number(text);
    default:
      return TIMES.has(key) ? readTime(text) : text;
  }
}

/** The last second that was parsed: most times of a request share a few seconds. */
let lastRead = { text: '', seconds: '' };

function readTime(text: string): Timestamp {
  const [, second, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  if (!second) throw new RpcError(status.INVALID_ARGUMENT, `Invalid time: ${text}`);
  if (lastRead.text !== second) lastRead = { text: second, seconds: String(Date.parse(`${second}Z`) / 1000) };
  return { seconds: lastRead.seconds, nanos: Number(fraction.padEnd(9, '0')) };
}

/** The documents that were read before. A stored document never changes: a write replaces it. */
const restDocuments = new WeakMap<StoredDocument, object>();

/** A message of a response in the form of proto3's JSON. Its document cannot be changed, and is the same for each read. */
export function rowToRest(row: Row): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const key in row)
    json[key] =
      key === 'found' || key === 'document'
        ? documentToRest(row[key] as StoredDocument)
        : printed(key, row[key]);
  return json;
}

function documentToRest(document: StoredDocument): object {
  const known = restDocuments.get(document) ?? frozen(toRestJson(document) as object);
  restDocuments.set(document, known);
  return known;
}

function frozen<T extends object>(value: T): T {
  for (const key in value) {
    const inner = value[key];
    if (typeof inner === 'object' && inner !== null) frozen(inner);
  }
  return Object.freeze(value);
}

/** A message, or a part of it, in the form of proto3's JSON. */
export function toRestJson(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toRestJson);
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : printDouble(value);
  if (typeof value !== 'object' || value === null) return value;
  const json: Record<string, unknown> = {};
  for (const key in value) json[key] = printed(key, (value as Record<string, unknown>)[key]);
  return json;
}

function printed(key: string, value: unknown): unknown {
  if (typeof value === 'string') return key === 'nullValue' && value === 'NULL_VALUE' ? null : value;
  if (key === 'limit' && typeof (value as { value?: unknown }).value === 'number')
    return (value as { value: number }).value;
  return isTime(key, value) ? printTime(value) : toRestJson(value);
}

/** Whether it is a timestamp, and not a field of a document with the same name. */
function isTime(key: string, value: unknown): value is Timestamp {
  return (
    TIMES.has(key) && Object.keys(value as object).every((name) => name === 'seconds' || name === 'nanos')
  );
}

/** The last second that was printed: most times of a response share it. */
let lastSecond = { seconds: '', text: '' };

function printTime({ seconds = '0', nanos = 0 }: Timestamp): string {
  if (lastSecond.seconds !== seconds)
    lastSecond = { seconds, text: new Date(Number(seconds) * 1000).toISOString().slice(0, 19) };
  return `${lastSecond.text}${nanos ? `.${String(nanos).padStart(9, '0')}` : ''}Z`;
}

/** JSON has no number for these. */
const printDouble = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
