import { parseJson } from '../../json/parse-json.ts';
import { type Message, Role, TaskState, type Part } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { Part as ModelPart } from '@google/genai';
import type { EndState, Frame } from '../../runs/run.ts';
import { CONFIRMATION, CREDENTIAL, QUESTION_MARKS } from './answers.ts';
import { dataPart, textPart, toA2aParts, type WirePart, withoutBytes } from './parts.ts';

export interface RunTranslatorOptions {
  taskId: string;
  contextId: string;
  /** Names the run's artifact, so that every process that reads the run produces the same events. */
  runId: string;
  /** Whether the caller may answer a confirmation question. */
  mayConfirm: boolean;
  now: () => number;
}

/** A file that the agent saved during a run. */
export interface SavedFile {
  filename: string;
  version: number;
}

/** The fields of a frame's event that are read here. */
interface WireEvent {
  partial?: boolean;
  actions?: { artifactDelta?: Record<string, number> };
  content?: { parts?: WirePart[] };
  longRunningToolIds?: string[];
  errorCode?: string;
  errorMessage?: string;
}

type Call = NonNullable<WirePart['functionCall']>;

/** In bytes. A larger file is only named in the task; the session holds its content. */
const MOST_FILE_BYTES = 4 * 1024 * 1024;
const FAILED = 'The agent could not finish this task.';
/** Explanations for finish reasons that Gemini gives no sentence for. */
const CUT_WORDS: ReadonlyMap<string, string> = new Map([
  ['MAX_TOKENS', 'The answer reached the longest length allowed: its end is missing.'],
  ['MALFORMED_FUNCTION_CALL', 'The model called a tool in a way that cannot be read.'],
  ['SAFETY', 'The model stopped for safety reasons.'],
  ['RECITATION', 'The model stopped, because it was about to repeat a source.'],
]);

/**
 * Translates the frames of one run into events of its A2A task. The answer is one artifact: the first chunk creates it,
 * later chunks are appended, and the last one replaces it with the full answer.
 */
export class RunTranslator {
  readonly #options: RunTranslatorOptions;
  /** Parts of the events that are complete. */
  readonly #done: Part[] = [];
  /** Text of the event that is being streamed, shown since the last complete event. */
  #open = '';
  #hasBegun = false;
  #failure: string | undefined;
  /** Why the model cut off the last complete event. */
  #cut: string | undefined;
  readonly #questions = new Map<string, Call>();
  #files: SavedFile[] = [];

  constructor(options: RunTranslatorOptions) {
    this.#options = options;
  }

  /** Translates one frame to events of the task. */
  take({ json, kind }: Pick<Frame, 'json' | 'kind'>): AgentExecutionEvent[] {
    if (kind === 'error') {
      const { error_details: details } = parseJson(json) as { error_details: { error_message: string } };
      this.#failure = details.error_message;
      return [];
    }
    const event = parseJson(json) as WireEvent;
    const parts = toA2aParts(event.content?.parts);
    if (event.partial) {
      if (parts.length === 0) return [];
      this.#open += textOf(parts);
      return [this.#chunk(parts, false)];
    }
    this.#note(event);
    const shown = this.#open;
    this.#open = '';
    this.#done.push(...parts);
    if (parts.length === 0) return shown === '' ? [] : [this.#replace(false)];
    if (shown === '') return [this.#chunk(parts, false)];
    // The streamed pieces usually equal the complete event; a plugin may have changed it.
    return shown === textOf(parts) && parts.every(({ content }) => content?.$case === 'text')
      ? []
      : [this.#replace(false)];
  }

  /** Files saved since the previous call. */
  takeFiles(): SavedFile[] {
    const files = this.#files;
    this.#files = [];
    return files;
  }

  /** A saved file, as an artifact. */
  file({ filename, version }: SavedFile, saved: ModelPart): AgentExecutionEvent {
    const { taskId, contextId, runId } = this.#options;
    const parts = toA2aParts([saved as WirePart]).map((part) => ({ ...part, filename }));
    const bytes = parts.reduce(
      (sum, { content }) => sum + (content?.$case === 'raw' ? content.value.length : 0),
      0,
    );
    const artifact = {
      artifactId: `${runId}/${filename}/${version}`,
      name: filename,
      description: '',
      parts: bytes > MOST_FILE_BYTES ? parts.map(withoutBytes) : parts,
      extensions: [],
      metadata: undefined,
    };
    return AgentEvent.artifactUpdate({
      taskId,
      contextId,
      artifact,
      append: false,
      lastChunk: true,
      metadata: undefined,
    });
  }

  /** The final events of the task, for the end state of the run. */
  end(state: EndState): AgentExecutionEvent[] {
    if (this.#open !== '') this.#done.push(textPart(this.#open));
    const last = this.#hasBegun ? [this.#replace(true)] : [];
    return [...last, this.#status(state)];
  }

  #status(state: EndState): AgentExecutionEvent {
    if (state === 'cancelled') return this.status(TaskState.TASK_STATE_CANCELED);
    if (state !== 'completed')
      return this.status(TaskState.TASK_STATE_FAILED, [textPart(this.#failure ?? FAILED)]);
    const [first] = this.#questions.values();
    if (!first && this.#cut !== undefined) {
      const hasSaid = this.#done.length > 0;
      const end = hasSaid ? TaskState.TASK_STATE_COMPLETED : TaskState.TASK_STATE_FAILED;
      return this.status(end, [textPart(this.#cut)]);
    }
    if (!first) return this.status(TaskState.TASK_STATE_COMPLETED);
    const asked =
      first.name === CREDENTIAL ? TaskState.TASK_STATE_AUTH_REQUIRED : TaskState.TASK_STATE_INPUT_REQUIRED;
    return this.status(
      asked,
      [...this.#questions.values()].flatMap((call) => this.#question(call)),
    );
  }

  status(state: TaskState, parts?: Part[]): AgentExecutionEvent {
    const { taskId, contextId, now } = this.#options;
    const message: Message | undefined = parts && {
      messageId: crypto.randomUUID(),
      role: Role.ROLE_AGENT,
      parts,
      taskId,
      contextId,
      extensions: [],
      referenceTaskIds: [],
      metadata: undefined,
    };
    const timestamp = new Date(now()).toISOString();
    return AgentEvent.statusUpdate({
      taskId,
      contextId,
      status: { state, message, timestamp },
      metadata: undefined,
    });
  }

  #note({ content, actions, longRunningToolIds = [], errorCode, errorMessage }: WireEvent): void {
    for (const [filename, version] of Object.entries(actions?.artifactDelta ?? {}))
      this.#files.push({ filename, version });
    this.#cut = errorCode
      ? (errorMessage ?? CUT_WORDS.get(errorCode) ?? `The model ended its answer early: ${errorCode}.`)
      : undefined;
    if (errorCode) this.#failure = errorMessage ?? FAILED;
    for (const { functionCall } of content?.parts ?? [])
      if (functionCall?.id && longRunningToolIds.includes(functionCall.id))
        this.#questions.set(functionCall.id, functionCall);
  }

  #question(call: Call): Part[] {
    const { args = {} } = call;
    const about = args as {
      originalFunctionCall?: { name?: string };
      toolConfirmation?: { hint?: string };
      message?: string;
    };
    const isConfirmation = call.name === CONFIRMATION;
    const tool = about.originalFunctionCall?.name ?? 'a tool';
    const asked = isConfirmation
      ? about.toolConfirmation?.hint || `May ${tool} be run?`
      : about.message || `${call.name ?? 'The agent'} waits for an answer.`;
    const byPerson =
      isConfirmation && !this.#options.mayConfirm
        ? ' A person who uses this service must confirm it; the confirmation of an agent is not taken.'
        : '';
    return [textPart(`${asked}${byPerson}`), dataPart(call, QUESTION_MARKS)];
  }

  #chunk(parts: Part[], lastChunk: boolean): AgentExecutionEvent {
    const append = this.#hasBegun;
    this.#hasBegun = true;
    return this.#artifact(parts, append, lastChunk);
  }

  #replace(lastChunk: boolean): AgentExecutionEvent {
    return this.#artifact(this.#done, false, lastChunk);
  }

  #artifact(parts: Part[], append: boolean, lastChunk: boolean): AgentExecutionEvent {
    const { taskId, contextId, runId } = this.#options;
    const artifact = {
      artifactId: runId,
      name: 'answer',
      description: '',
      parts: [...parts],
      extensions: [],
      metadata: undefined,
    };
    return AgentEvent.artifactUpdate({ taskId, contextId, artifact, append, lastChunk, metadata: undefined });
  }
}

function textOf(parts: readonly Part[]): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}
