import type { Content, Part } from '@google/genai';
import { signatureOf } from '@lornu/standins/gemini/model-rules.ts';
import * as fc from 'fast-check';

/** An event as any writer may have stored it: this service, google-adk, an importer, a killed process. */
export interface WrittenEvent {
  invocationId: string;
  author: string;
  content?: Content;
  interrupted?: boolean;
  errorCode?: string;
  longRunningToolIds?: string[];
  /** Rewinds the session to before this invocation. */
  rewindTo?: string;
}

const QUESTION = 'adk_request_confirmation';
const NAMES = ['list_notes', 'delete_notes', 'wait', 'transfer_to_agent', 'a_tool_of_yesterday'] as const;

interface Call {
  id: string | undefined;
  name: string;
}

/** Ids from ADK, ids from Gemini, reused ones, and none, as in older histories. */
const anyCall = fc.record<Call>({
  id: fc.oneof(
    fc.uuid().map((id) => `adk-${id}`),
    fc.constantFrom('c1', 'c2', 'c3'),
    fc.constant(undefined),
  ),
  name: fc.constantFrom(...NAMES),
});
const callPart = ({ id, name }: Call): Part => ({
  functionCall: { ...(id ? { id } : {}), name, args: { x: 1 } },
});
const responsePart = ({ id, name }: Call, response: unknown = { ok: true }): Part => ({
  functionResponse: { ...(id ? { id } : {}), name, response: response as Record<string, unknown> },
});

/** Every text is unique, so that the test can search for each. */
const text = fc.uuid().map((id): Part => ({ text: `said ${id}` }));
const author = fc.constantFrom('root', 'helper');
const invocation = fc.integer({ min: 0, max: 5 }).map((index) => `e-${index}`);

/** A valid step of a conversation: events in order. */
const step = fc.oneof(
  {
    arbitrary: fc.tuple(invocation, text).map(([invocationId, part]) => [said(invocationId, 'user', [part])]),
    weight: 3,
  },
  {
    arbitrary: fc
      .tuple(invocation, author, text)
      .map(([invocationId, who, part]) => [said(invocationId, who, [part])]),
    weight: 3,
  },
  {
    arbitrary: fc
      .tuple(invocation, author, fc.array(anyCall, { minLength: 1, maxLength: 3 }), fc.option(text))
      .map(([invocationId, who, calls, beside]) => [
        said(invocationId, who, [...(beside ? [beside] : []), ...calls.map(callPart)]),
        {
          ...said(
            invocationId,
            who,
            calls.map((it) => responsePart(it)),
          ),
          content: { role: 'user', parts: calls.map((it) => responsePart(it)) },
        },
      ]),
    weight: 4,
  },
  {
    arbitrary: fc.tuple(invocation, fc.uuid(), fc.boolean(), fc.boolean(), text).map(confirmation),
    weight: 2,
  },
  // A long-running call, answered by a person later.
  {
    arbitrary: fc.tuple(invocation, anyCall, fc.boolean()).map(([invocationId, made, isAnswered]) => [
      {
        ...said(invocationId, 'root', [callPart({ ...made, name: 'wait' })]),
        longRunningToolIds: made.id ? [made.id] : [],
      },
      ...(isAnswered ? [said(invocationId, 'user', [responsePart({ ...made, name: 'wait' })])] : []),
    ]),
    weight: 1,
  },
  { arbitrary: invocation.map((rewindTo) => [{ invocationId: 'e-r', author: 'user', rewindTo }]), weight: 1 },
  // The text shown before a process died, and an empty answer.
  {
    arbitrary: fc
      .tuple(invocation, text)
      .map(([invocationId, part]) => [{ ...said(invocationId, 'root', [part]), interrupted: true }]),
    weight: 1,
  },
  {
    arbitrary: invocation.map((invocationId) => [
      { ...said(invocationId, 'root', []), errorCode: 'MODEL_RETURNED_NO_CONTENT' },
    ]),
    weight: 1,
  },
);

function said(invocationId: string, who: string, parts: Part[]): WrittenEvent {
  return { invocationId, author: who, content: { role: who === 'user' ? 'user' : 'model', parts } };
}

/** Two parallel calls, one of which asks for confirmation: the question, the provisional responses, and the results. */
function confirmation([invocationId, id, isAnswered, isRun, between]: [
  string,
  string,
  boolean,
  boolean,
  Part,
]): WrittenEvent[] {
  const [asking, other] = [
    { id: `adk-${id}`, name: 'delete_notes' },
    { id: `adk-other-${id}`, name: 'list_notes' },
  ];
  const question = { id: `adk-q-${id}`, name: QUESTION };
  const args = {
    originalFunctionCall: { ...asking, args: { x: 1 } },
    toolConfirmation: { confirmed: false },
  };
  const asUser = (parts: Part[]): WrittenEvent => ({
    ...said(invocationId, 'root', parts),
    content: { role: 'user', parts },
  });
  return [
    said(invocationId, 'root', [callPart(asking), callPart(other)]),
    {
      ...said(invocationId, 'root', [{ functionCall: { ...question, args } }]),
      longRunningToolIds: [question.id],
    },
    asUser([responsePart(asking, { error: 'requires confirmation' }), responsePart(other)]),
    said(invocationId, 'user', [between]),
    ...(isAnswered ? [said(invocationId, 'user', [responsePart(question, { confirmed: true })])] : []),
    ...(isRun ? [asUser([responsePart(asking, { deleted: 1 })])] : []),
  ];
}

/** Parts and contents that no runtime writes on purpose, but that occur. */
const oddPart = fc.oneof(
  fc.constantFrom<Part>(
    {},
    { text: '' },
    { text: '', thought: true },
    { text: '', thoughtSignature: signatureOf('a') },
  ),
  fc.constantFrom<Part>(
    { functionCall: {} },
    { functionCall: { name: '', args: {} } },
    { functionCall: { id: 'c1', name: 'list_notes' } },
  ),
  fc.constantFrom<Part>(
    { functionResponse: {} },
    { functionResponse: { id: 'c1' } },
    { functionResponse: { name: 'list_notes' } },
  ),
  fc.constant(responsePart({ id: 'c2', name: 'list_notes' }, 'a text')),
  fc.constant(responsePart({ id: 'c3', name: 'list_notes' }, ['a list'])),
  text,
);
const odd = fc
  .record({
    invocationId: invocation,
    author: fc.constantFrom('user', 'root', 'helper', 'an_agent_of_yesterday'),
    role: fc.constantFrom('user', 'model', 'function', 'assistant', undefined),
    parts: fc.oneof(
      { arbitrary: fc.array(oddPart, { maxLength: 3 }), weight: 4 },
      { arbitrary: fc.constantFrom(undefined, null), weight: 1 },
    ),
  })
  .map(({ invocationId, author: who, role, parts }): WrittenEvent => ({
    invocationId,
    author: who,
    content: { ...(role ? { role } : {}), ...(parts === undefined ? {} : { parts: parts as Part[] }) },
  }));

/** Damage to a history: an event lost, duplicated, moved or inserted, a part lost, duplicated or moved, an id lost. */
const damage = fc.record({
  kind: fc.constantFrom(
    'lose',
    'double',
    'swap',
    'add',
    'lose part',
    'double part',
    'swap parts',
    'lose id',
    'cut',
  ),
  at: fc.nat(40),
  to: fc.nat(40),
  odd,
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function apply(events: WrittenEvent[], { kind, at, to, odd: added }: Damage): WrittenEvent[] {
  const here = events.length === 0 ? 0 : at % events.length;
  const there = events.length === 0 ? 0 : to % events.length;
  const event = events[here];
  if (kind === 'add' || !event) return events.toSpliced(here, 0, added);
  if (kind === 'lose') return events.toSpliced(here, 1);
  if (kind === 'double') return events.toSpliced(there, 0, event);
  if (kind === 'swap') return events.with(here, events[there]!).with(there, event);
  // A killed process: nothing after this was stored.
  if (kind === 'cut') return events.slice(0, Math.max(here, 1));
  const parts = event.content?.parts ?? [];
  const [part] = parts.slice(to % Math.max(parts.length, 1));
  if (!part) return events;
  const changed = {
    'lose part': parts.filter((it) => it !== part),
    'double part': [...parts, part],
    'swap parts': parts.toReversed(),
  }[kind as string];
  const withoutId = parts.map((it) => (it === part ? dropId(it) : it));
  return events.with(here, { ...event, content: { ...event.content, parts: changed ?? withoutId } });
}

function dropId(part: Part): Part {
  const { functionCall: call, functionResponse: response } = part;
  if (call) return { functionCall: { name: call.name, args: call.args } };
  return response ? { functionResponse: { name: response.name, response: response.response } } : part;
}

/** Histories: valid conversations with up to six kinds of damage. */
export const history: fc.Arbitrary<WrittenEvent[]> = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 6 }), fc.array(damage, { maxLength: 6 }))
  .map(([steps, damages]) => damages.reduce(apply, steps.flat() as WrittenEvent[]));
