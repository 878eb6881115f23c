import { attach, listRuns, readStream, type Conversation, type ReceivedFrame } from './client.ts';
import { patiently } from '../support/until.ts';

interface WireEvent {
  id: string;
  author: string;
  partial?: boolean;
  content?: { parts?: { text?: string }[] };
}

const textOf = ({ content }: WireEvent): string =>
  (content?.parts ?? []).map(({ text }) => text ?? '').join('');

/**
 * What is wrong with a turn that a client has listened to, in sentences; empty where all is well. Where frames are shown
 * before they are stored, the last words of a process that was killed are seen, and then put right by the whole event.
 */
export async function findFaults(
  conversation: Conversation,
  received: readonly ReceivedFrame[],
  expectedText: string,
  isShownFirst = false,
): Promise<string[]> {
  const faults: string[] = [];
  const expect = (isTrue: boolean, fault: string): void => {
    if (!isTrue) faults.push(`${conversation.sessionId}: ${fault}`);
  };
  // How the service counts does not concern clients, but it is what is checked here.
  const indexes = received.map(({ id }) => Number(id.split(':').at(-1)));
  expect(
    indexes.every((index, position) =>
      isShownFirst ? position === 0 || index > indexes[position - 1]! : index === position,
    ),
    `frames are not each once and in order: ${indexes.join(' ')}`,
  );
  const runs = await patiently(() => listRuns(conversation));
  expect(runs.length === 1 && runs[0]?.state === 'completed', `runs: ${JSON.stringify(runs)}`);
  const events = received.map(({ data }) => data as unknown as WireEvent);
  const whole = wholeEvents(events);
  const text = whole.map(textOf).join('');
  expect(text === expectedText, `the text is ${JSON.stringify(text)}`);
  for (const event of whole) {
    const shown = events.filter(({ id, partial }) => partial && id === event.id).map(textOf);
    expect(
      isShownFirst ? shown.join('').startsWith(textOf(event)) : shown.join('') === textOf(event),
      `what was shown of ${event.id} is not what was kept`,
    );
  }
  const wholeIds = new Set(whole.map(({ id }) => id));
  expect(
    // An answer of which nothing was stored when its process was killed is begun again under another id.
    isShownFirst || events.every(({ id }) => wholeIds.has(id)),
    'a partial event never came to its whole',
  );
  const stored = await patiently(() => storedEvents(conversation));
  expect(
    JSON.stringify(stored.filter(({ author }) => author !== 'user')) === JSON.stringify(whole),
    'the session is not what was streamed',
  );
  expect(stored.filter(({ author }) => author === 'user').length === 1, 'the message is not there once');
  const replayed = await patiently(() => replay(conversation, received[0]?.runId ?? ''));
  const [again, once] = isShownFirst ? [wholeEvents(replayed), whole] : [replayed, events];
  expect(JSON.stringify(again) === JSON.stringify(once), 'a replay is not what was streamed');
  return faults;
}

/** Each once: one that was shown and whose frame was not stored is shown again. */
function wholeEvents(events: readonly WireEvent[]): WireEvent[] {
  return [...new Map(events.flatMap((event) => (event.partial ? [] : [[event.id, event]]))).values()];
}

async function replay(conversation: Conversation, runId: string): Promise<WireEvent[]> {
  const replayed: WireEvent[] = [];
  for await (const { data } of readStream(await attach(conversation, runId)))
    replayed.push(data as unknown as WireEvent);
  return replayed;
}

async function storedEvents({ baseUrl, appName, userId, sessionId }: Conversation): Promise<WireEvent[]> {
  const response = await fetch(`${baseUrl}/apps/${appName}/users/${userId}/sessions/${sessionId}`);
  const session = (await response.json()) as { events: WireEvent[] };
  return session.events;
}
