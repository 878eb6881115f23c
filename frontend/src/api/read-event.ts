import type { AdkEvent, Session } from './types.ts';

// Other programs write to the same sessions, and models add fields of their own. One value of another type would make
// the page fail each time it opens the conversation.

/** The value with its types; undefined if it has another type. Returns the same object if nothing differs. */
type Read = (value: unknown) => unknown;

const text: Read = (value) => (typeof value === 'string' ? value : undefined);
const number: Read = (value) => (typeof value === 'number' ? value : undefined);

function listOf(read: Read): Read {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items = value.map((item) => read(item));
    const isSame = items.every((item, index) => item !== undefined && item === value[index]);
    return isSame ? value : items.filter((item) => item !== undefined);
  };
}

/** Fields that are not named here are kept as they are. */
function objectOf(fields: Record<string, Read>): Read {
  const named = Object.entries(fields);
  return (value) => {
    if (!isObject(value)) return undefined;
    let result = value;
    for (const [name, read] of named) {
      if (value[name] === undefined) continue;
      const known = read(value[name]);
      if (known === value[name]) continue;
      if (result === value) result = { ...value };
      if (known === undefined) delete result[name];
      else result[name] = known;
    }
    return result;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const object = objectOf({});
const FILE = { mimeType: text, displayName: text };
const EVENT = objectOf({
  invocationId: text,
  author: text,
  timestamp: number,
  errorCode: text,
  errorMessage: text,
  customMetadata: object,
  usageMetadata: object,
  modelVersion: text,
  content: objectOf({
    parts: listOf(
      objectOf({
        text,
        functionCall: objectOf({ id: text, name: text, args: object }),
        functionResponse: objectOf({ id: text, name: text, response: object }),
        inlineData: objectOf({ ...FILE, data: text }),
        fileData: objectOf({ ...FILE, fileUri: text }),
        executableCode: objectOf({ code: text, language: text }),
        codeExecutionResult: objectOf({ outcome: text, output: text }),
      }),
    ),
  }),
  actions: objectOf({ artifactDelta: object, stateDelta: object, rewindBeforeInvocationId: text }),
  groundingMetadata: objectOf({
    groundingChunks: listOf(objectOf({ web: objectOf({ uri: text, title: text }) })),
    webSearchQueries: listOf(text),
  }),
});

/** An event without the values whose type is not the API's. */
export function readEvent(event: AdkEvent): AdkEvent {
  return EVENT(event) as AdkEvent;
}

/** A session whose events are read as `readEvent` does; values among them that are no events are left out. */
export function readSession(session: Session): Session {
  const events = listOf(EVENT)(session.events) as AdkEvent[] | undefined;
  const { events: _stored, ...others } = session;
  return { ...others, ...(events ? { events } : {}) };
}
