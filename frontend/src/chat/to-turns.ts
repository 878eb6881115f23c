import type { AdkEvent, FunctionCall, FunctionResponse, Part } from '../api/types.ts';
import type { Source, ToolItem, Turn } from './turn.ts';

const CONFIRMATION = 'adk_request_confirmation';
const TRANSFER = 'transfer_to_agent';

/** Converts events, stored or streamed, to turns. Pure: the same events always give the same turns. */
export function toTurns(events: readonly AdkEvent[]): Turn[] {
  return groupByTurn(withoutRewound(events)).map(toTurn);
}

/** The last turn, empty if there is none; it costs less than all turns. */
export function lastTurn(events: readonly AdkEvent[]): Turn {
  return toTurn(groupByTurn(withoutRewound(events)).at(-1) ?? [], 0);
}

/** The events that still count: a rewind removes everything from the invocation that it names. */
export function withoutRewound(events: readonly AdkEvent[]): AdkEvent[] {
  const kept: AdkEvent[] = [];
  for (const event of events) {
    const target = event.actions?.rewindBeforeInvocationId;
    if (!target) {
      kept.push(event);
      continue;
    }
    const from = kept.findIndex((earlier) => earlier.invocationId === target);
    if (from >= 0) kept.splice(from);
  }
  return kept;
}

/** Groups events: a person's visible text begins a turn; an answer to a confirmation belongs to the previous one. */
export function groupByTurn(events: readonly AdkEvent[]): AdkEvent[][] {
  const groups: AdkEvent[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (isUserMessage(event) || !last) groups.push([event]);
    else last.push(event);
  }
  return groups;
}

export function isUserMessage(event: AdkEvent): boolean {
  return (
    event.author === 'user' &&
    (event.content?.parts ?? []).some((part) => part.text || part.inlineData || part.fileData)
  );
}

/** One group of events (see groupByTurn) as a turn. `index` keeps the key stable while ids change. */
export function toTurn(events: readonly AdkEvent[], index: number): Turn {
  const turn: Turn = { key: `turn-${index}`, items: [], events };
  const invocationId = events.find((event) => event.invocationId)?.invocationId;
  if (invocationId) turn.invocationId = invocationId;
  for (const event of events) addEvent(turn, event);
  return turn;
}

function addEvent(turn: Turn, event: AdkEvent): void {
  const parts = event.content?.parts ?? [];
  if (isUserMessage(event)) {
    turn.user = {
      text: parts
        .map((part) => part.text ?? '')
        .filter(Boolean)
        .join('\n\n'),
      parts,
      media: parts.flatMap((part) => part.inlineData ?? []),
      files: parts.flatMap((part) => part.fileData ?? []),
      ...(event.timestamp === undefined ? {} : { atSeconds: event.timestamp }),
    };
    return;
  }
  for (const [index, part] of parts.entries()) addPart(turn, event, part, `${event.id}-${index}`);
  addSources(turn, event);
  for (const [filename, version] of Object.entries(event.actions?.artifactDelta ?? {})) {
    turn.items.push({ kind: 'artifact', key: `${event.id}-artifact-${filename}`, filename, version });
  }
  if (event.errorCode || event.errorMessage) {
    const message = event.errorMessage ?? 'The model ended this answer.';
    turn.items.push({
      kind: 'error',
      key: `${event.id}-error`,
      message,
      ...(event.errorCode ? { code: event.errorCode } : {}),
    });
  } else if (event.interrupted) {
    turn.items.push({ kind: 'interrupted', key: `${event.id}-interrupted` });
  }
}

function addPart(turn: Turn, event: AdkEvent, part: Part, key: string): void {
  const author = event.author ?? 'agent';
  if (part.functionCall) addCall(turn, part.functionCall, author, key);
  else if (part.functionResponse) addResponse(turn, part.functionResponse);
  else if (part.inlineData) turn.items.push({ kind: 'media', key, author, media: part.inlineData });
  else if (part.fileData) turn.items.push({ kind: 'file', key, author, file: part.fileData });
  else if (part.executableCode) {
    const { code = '', language = '' } = part.executableCode;
    turn.items.push({ kind: 'code', key, author, code, language: toLanguage(language) });
  } else if (part.codeExecutionResult) {
    const { outcome = 'OUTCOME_OK', output = '' } = part.codeExecutionResult;
    turn.items.push({ kind: 'code-result', key, author, output, failed: outcome !== 'OUTCOME_OK' });
  } else if (part.text && !continueText(turn, event, part)) {
    turn.items.push({
      kind: 'text',
      key,
      author,
      text: part.text,
      streaming: event.partial === true,
      thought: part.thought === true,
    });
  }
}

/** Adds the sources that a browser may open; the same page only once. */
function addSources(turn: Turn, { id, groundingMetadata, partial }: AdkEvent): void {
  if (partial || !groundingMetadata) return;
  const byUri = new Map<string, Source>();
  for (const { web } of groundingMetadata.groundingChunks ?? []) {
    const uri = web?.uri ?? '';
    if (/^https?:\/\//iu.test(uri)) byUri.set(uri, { uri, title: web?.title || uri });
  }
  const queries = groundingMetadata.webSearchQueries ?? [];
  if (byUri.size + queries.length > 0)
    turn.items.push({ kind: 'sources', key: `${id}-sources`, sources: [...byUri.values()], queries });
}

/** Gemini writes the language in capitals, and only has one. */
function toLanguage(language: string): string {
  return language === '' || language === 'LANGUAGE_UNSPECIFIED' ? 'plaintext' : language.toLowerCase();
}

/** After another process took the turn over, text that was cut off continues in a separate event (docs/runs.md). */
function continueText(turn: Turn, event: AdkEvent, part: Part): boolean {
  const [before, cut] = turn.items.slice(-2);
  if (cut?.kind !== 'interrupted' || before?.kind !== 'text' || before.author !== event.author) return false;
  if (before.thought || part.thought) return false;
  turn.items.pop();
  before.text += part.text;
  before.streaming = event.partial === true;
  return true;
}

function addCall(turn: Turn, call: FunctionCall, author: string, key: string): void {
  if (call.name === TRANSFER) {
    const to = call.args?.['agent_name'] ?? call.args?.['agentName'];
    turn.items.push({ kind: 'handover', key, to: typeof to === 'string' ? to : 'another agent' });
    return;
  }
  const callId = call.id ?? key;
  if (call.name === CONFIRMATION) {
    addConfirmation(turn, call, callId, author);
    return;
  }
  turn.items.push({
    kind: 'tool',
    key: `call-${callId}`,
    author,
    callId,
    name: call.name,
    args: call.args ?? {},
    state: 'running',
  });
}

function addConfirmation(turn: Turn, call: FunctionCall, callId: string, author: string): void {
  const asked = (call.args?.['originalFunctionCall'] ?? {}) as Partial<FunctionCall>;
  const details = (call.args?.['toolConfirmation'] ?? {}) as { hint?: unknown };
  const hint = typeof details.hint === 'string' ? details.hint : '';
  let tool = turn.items.find((item): item is ToolItem => item.kind === 'tool' && item.callId === asked.id);
  if (!tool) {
    const id = asked.id ?? callId;
    tool = {
      kind: 'tool',
      key: `call-${id}`,
      author,
      callId: id,
      name: asked.name ?? 'a tool',
      args: asked.args ?? {},
      state: 'waiting',
    };
    turn.items.push(tool);
  }
  tool.confirmation = { callId, hint };
  tool.state = 'waiting';
}

function addResponse(turn: Turn, answer: FunctionResponse): void {
  for (const item of turn.items) {
    if (item.kind !== 'tool') continue;
    if (item.confirmation && item.confirmation.callId === answer.id) {
      item.confirmation.answer = readConfirmed(answer.response);
      item.state = item.confirmation.answer ? 'running' : 'declined';
    } else if (item.callId === answer.id) {
      // Before the person has answered, this is ADK's placeholder, not the tool's result.
      if (item.confirmation && item.confirmation.answer === undefined) continue;
      item.response = answer.response ?? {};
      if (item.state !== 'declined') item.state = answer.response?.['error'] ? 'failed' : 'done';
    }
  }
}

/** ADK accepts `{confirmed}` and the same as JSON text in `{response}`. */
function readConfirmed(response: Record<string, unknown> | undefined): boolean {
  if (typeof response?.['response'] !== 'string') return response?.['confirmed'] === true;
  try {
    const answer: { confirmed?: unknown } = JSON.parse(response['response']);
    return answer.confirmed === true;
  } catch {
    return false;
  }
}
