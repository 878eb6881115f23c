import protobuf from 'protobufjs';
import type { Federation } from './federation.ts';
import { Refusal } from './refusal.ts';

/** The fields of OTLP's trace messages that are read, with the numbers of opentelemetry-proto 1.5. */
const PROTOCOL = `
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Event events = 11; Status status = 15;
  }
  message Event { string name = 2; repeated KeyValue attributes = 3; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
  }
  message ArrayValue { repeated AnyValue values = 1; }
`;
const REQUEST = protobuf.parse(PROTOCOL).root.lookupType('Request');

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const SCOPES = [
  'https://www.googleapis.com/auth/trace.append',
  'https://www.googleapis.com/auth/cloud-platform',
];
const MOST_BYTES = 4 * 1024 * 1024;
/** Cloud Trace's limits of names and keys, in bytes. */
const MOST_NAME_BYTES = 1_024;
const MOST_KEY_BYTES = 512;
const MOST_KEPT = 20_000;

type Value = string | number | boolean | Value[];

/** A span as it was received. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for the first span of a trace. */
  parentSpanId: string;
  name: string;
  kind: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, Value>;
  events: { name: string; attributes: Record<string, Value> }[];
  isError: boolean;
  resource: Record<string, Value>;
}

interface Wire {
  resourceSpans?: {
    resource?: { attributes?: Pair[] };
    scopeSpans?: { spans?: WireSpan[] }[];
  }[];
}
interface WireSpan {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: Pair[];
  events?: { name?: string; attributes?: Pair[] }[];
  status?: { code?: number };
}
interface WireValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: WireValue[] };
}
interface Pair {
  key?: string;
  value?: WireValue;
}

/** Google's Telemetry API as far as traces: keeps the spans that it accepts. */
export class CloudTrace {
  readonly spans: ReceivedSpan[] = [];
  readonly #federation: Pick<Federation, 'describeToken'>;
  readonly #now: () => number;

  constructor(federation: Pick<Federation, 'describeToken'>, now: () => number = Date.now) {
    this.#federation = federation;
    this.#now = now;
  }

  /** POST /v1/traces. Throws Refusal; a batch with one bad span is refused whole. */
  async receive(request: Request): Promise<Response> {
    this.#checkToken(request.headers.get('authorization') ?? '');
    if (request.headers.get('content-type') !== 'application/x-protobuf')
      throw new Refusal(415, 'INVALID_ARGUMENT', 'The body must be application/x-protobuf.');
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > MOST_BYTES) throw new Refusal(413, 'INVALID_ARGUMENT', 'The request is too large.');
    this.spans.push(...readSpans(body, this.#now()));
    this.spans.splice(0, this.spans.length - MOST_KEPT);
    return new Response(new Uint8Array(), { headers: { 'content-type': 'application/x-protobuf' } });
  }

  #checkToken(authorization: string): void {
    const found = this.#federation.describeToken(authorization.replace(/^Bearer /, ''));
    if (!found) throw new Refusal(401, 'UNAUTHENTICATED', 'The request has no valid access token.');
    if (found.kind !== 'service-account' || !found.scopes.some((scope) => SCOPES.includes(scope)))
      throw new Refusal(
        403,
        'PERMISSION_DENIED',
        'Permission telemetry.traces.write denied, or no scope for it.',
      );
  }
}

/** An OTLP export as bytes, for tests of the receiver. */
export function encodeRequest(request: object): Uint8Array<ArrayBuffer> {
  return new Uint8Array(REQUEST.encode(REQUEST.fromObject(request)).finish());
}

/** The spans of an OTLP export. Throws Refusal if it is malformed. `nowMs` is the receiver's clock. */
export function readSpans(body: Uint8Array, nowMs: number): ReceivedSpan[] {
  let wire: Wire;
  try {
    wire = REQUEST.toObject(REQUEST.decode(body), { longs: String });
  } catch {
    throw malformed('it is not an ExportTraceServiceRequest');
  }
  return (wire.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const described = valuesOf(resource?.attributes);
    for (const key of ['service.name', 'gcp.project_id'])
      if (typeof described[key] !== 'string' || described[key] === '')
        throw malformed(`the resource has no ${key}`);
    return (scopeSpans ?? []).flatMap(({ spans }) =>
      (spans ?? []).map((span) => toSpan(span, described, nowMs)),
    );
  });
}

function toSpan(span: WireSpan, resource: ReceivedSpan['resource'], nowMs: number): ReceivedSpan {
  const { name = '', kind = 0, startTimeUnixNano = '0', endTimeUnixNano = '0' } = span;
  const parentSpanId = span.parentSpanId?.length ? idOf('parent span id', span.parentSpanId, 8) : '';
  const [startMs, endMs] = [Number(startTimeUnixNano) / 1e6, Number(endTimeUnixNano) / 1e6];
  if (name === '' || Buffer.byteLength(name) > MOST_NAME_BYTES)
    throw malformed('a span has no name, or one too long');
  if (!KINDS[kind]) throw malformed(`the span "${name}" has the kind ${kind}`);
  if (!(startMs > 0) || endMs < startMs) throw malformed(`the span "${name}" ends before it begins`);
  if (endMs > nowMs + 3 * 86_400_000 || startMs < nowMs - 14 * 86_400_000)
    throw malformed(`the span "${name}" is too old, or of the future`);
  return {
    traceId: idOf('trace id', span.traceId, 16),
    spanId: idOf('span id', span.spanId, 8),
    parentSpanId,
    name,
    kind: KINDS[kind],
    startMs,
    endMs,
    attributes: valuesOf(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? '',
      attributes: valuesOf(event.attributes),
    })),
    isError: span.status?.code === 2,
    resource,
  };
}

function idOf(what: string, bytes: Uint8Array | undefined, length: number): string {
  if (bytes?.length !== length || bytes.every((byte) => byte === 0))
    throw malformed(`a ${what} must have ${length} bytes that are not all zero`);
  return Buffer.from(bytes).toString('hex');
}

function valuesOf(pairs: readonly Pair[] = []): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const { key = '', value } of pairs) {
    if (key === '' || Buffer.byteLength(key) > MOST_KEY_BYTES)
      throw malformed('an attribute has no key, or one too long');
    if (key in values) throw malformed(`the attribute ${key} is there twice`);
    values[key] = valueOf(value ?? {});
  }
  return values;
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: WireValue): Value {
  if (arrayValue) return (arrayValue.values ?? []).map(valueOf);
  return stringValue ?? boolValue ?? (intValue === undefined ? (doubleValue ?? '') : Number(intValue));
}

const malformed = (why: string) => new Refusal(400, 'INVALID_ARGUMENT', `Malformed OTLP: ${why}.`);
