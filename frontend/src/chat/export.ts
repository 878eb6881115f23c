import { restoreSession, titleState, type Owner } from '../api/sessions.ts';
import { Problem } from '../api/problem.ts';
import type { AdkEvent, Part, Session } from '../api/types.ts';
import { parseExactly } from '../util/exact-json.ts';
import { toWords } from '../util/format.ts';
import type { SessionKey } from '../api/run.ts';
import { PAGE_KEY, SHARE_KEY } from './metadata.ts';
import { storeFiles, withFilesInline } from './stored-files.ts';
import { toTurns } from './to-turns.ts';
import { toUtcMinute } from '../util/time.ts';
import { answeredAtSeconds, type TurnItem } from './turn.ts';

/** A conversation as Markdown for people: texts, tool calls, and the names of files. */
export function toMarkdown(title: string, events: readonly AdkEvent[]): string {
  const blocks = toTurns(events).flatMap((turn) => {
    const { user, items } = turn;
    return [
      ...(user
        ? [
            `## You${atTime(user.atSeconds)}`,
            user.text,
            ...[...user.media, ...user.files].map(({ displayName = 'file' }) => `*File: ${displayName}*`),
          ]
        : []),
      ...(items.length > 0 ? [`## Agent${atTime(answeredAtSeconds(turn))}`, ...items.map(toBlock)] : []),
    ];
  });
  return `${[`# ${title}`, ...blocks].filter(Boolean).join('\n\n')}\n`;
}

/** What an answer says, with the code that the model ran and its output, as Markdown; without thoughts and tool calls. */
export function answerToMarkdown(items: readonly TurnItem[]): string {
  const said = items.filter(({ kind }) => kind === 'text' || kind === 'code' || kind === 'code-result');
  return said.map(toBlock).filter(Boolean).join('\n\n');
}

const atTime = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `, ${toUtcMinute(seconds)}`;

function toBlock(item: TurnItem): string {
  switch (item.kind) {
    case 'text':
      return item.thought ? '' : item.text;
    case 'tool': {
      const what = { call: item.args, ...(item.response ? { result: item.response } : {}) };
      return `*${toWords(item.name)}*\n\n${fenced(JSON.stringify(what, null, 2), 'json')}`;
    }
    case 'artifact':
      return `*File: ${item.filename}*`;
    case 'media':
      return `*File: ${item.media.displayName ?? item.media.mimeType ?? 'file'}*`;
    case 'file':
      return `*File: ${item.file.displayName ?? item.file.fileUri ?? 'file'}*`;
    case 'code':
      return fenced(item.code, item.language);
    case 'code-result':
      return fenced(item.output, '');
    case 'sources':
      return item.sources
        .map(({ title, uri }) => `- [${title.replaceAll(/[[\]]/gu, '')}](${uri})`)
        .join('\n');
    case 'handover':
      return `*Handed over to ${toWords(item.to)}*`;
    case 'error':
      return `*The answer failed: ${item.message}*`;
    case 'interrupted':
      return '*This answer was stopped before its end.*';
    default:
      return item satisfies never;
  }
}

/** With a fence longer than any inside. */
function fenced(code: string, language: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,}/gu)].map(([fence]) => fence.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}

/**
 * A conversation in ADK's form, without the page's own state and the link's secret. It contains the files that messages
 * refer to, so that it can be imported into another service.
 */
export async function toExport(session: Session): Promise<string> {
  const events = await withFilesInline({ owner: session, sessionId: session.id }, session.events ?? []);
  return JSON.stringify({ ...session, state: withoutOurs(session.state ?? {}), events }, null, 2);
}

function withoutOurs(state: Record<string, unknown>): Record<string, unknown> {
  const { [PAGE_KEY]: _page, [SHARE_KEY]: _secret, ...rest } = state;
  return rest;
}

/** Calls that ADK makes itself; neither google-adk nor this service accepts them from outside. */
const RESERVED = /^adk_request_/u;

/**
 * Creates a conversation from a file exported here or by google-adk: texts, calls and responses. The events' changes of
 * state and files are left out, as the services require; the final state is used. Throws a Problem.
 */
export async function importSession(owner: Owner, text: string, filename: string): Promise<Session> {
  const { state, events } = readSession(text);
  const own = Object.fromEntries(
    Object.entries(withoutOurs(state)).filter(([key]) => !/^(?:app|user|temp):/u.test(key)),
  );
  const title = titleState(filename.replace(/\.json$/iu, ''));
  const sessionId = crypto.randomUUID();
  const restored = await withFilesStored({ owner, sessionId }, events.flatMap(toRestorable));
  return restoreSession(owner, { sessionId, state: { ...title, ...own }, events: restored });
}

/** Files of this size or larger are stored before the import, because all files together can exceed one request. */
const IMPORTED_INLINE_BYTES = 50_000;

async function withFilesStored(key: SessionKey, events: readonly AdkEvent[]): Promise<AdkEvent[]> {
  const { signal } = new AbortController();
  const stored: AdkEvent[] = [];
  for (const event of events) {
    const { content } = event;
    const parts =
      content?.parts &&
      (await storeFiles(key, content.parts, { signal, inlineBytes: IMPORTED_INLINE_BYTES }));
    stored.push(content && parts ? { ...event, content: { ...content, parts } } : event);
  }
  return stored;
}

function readSession(text: string): { state: Record<string, unknown>; events: AdkEvent[] } {
  try {
    const session = parseExactly(text) as Partial<Session> | null;
    if (Array.isArray(session?.events))
      return { state: session.state ?? {}, events: session.events.filter(Boolean) };
  } catch {
    // Reported below.
  }
  throw new Problem(
    0,
    'This file holds no conversation.',
    'Choose a JSON file that was exported here, or a session as google-adk gives it.',
  );
}

function toRestorable({ actions: _actions, longRunningToolIds: _ids, ...event }: AdkEvent): AdkEvent[] {
  const parts = (event.content?.parts ?? []).filter(
    ({ functionCall, functionResponse }: Part) =>
      !RESERVED.test(functionCall?.name ?? functionResponse?.name ?? ''),
  );
  if (parts.length === 0 && !event.errorCode) return [];
  return [{ ...event, ...(event.content ? { content: { ...event.content, parts } } : {}) }];
}
