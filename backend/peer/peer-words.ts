import { type Artifact, type Message, type Part, type StreamResponse, TaskState } from '@a2a-js/sdk';

/** The state of a peer's task, and its status message. */
interface PeerStatus {
  state: TaskState;
  /** The status message: a question, or the reason of the failure. */
  says: string;
}

const ENDED = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
  TaskState.TASK_STATE_INPUT_REQUIRED,
  TaskState.TASK_STATE_AUTH_REQUIRED,
]);
const BETWEEN = '\n\n';

/** Assembles a peer's answer from its stream, whichever of A2A's forms it uses. */
export class PeerWords {
  readonly #artifacts = new Map<string, string>();
  readonly #statusTexts: string[] = [];
  #message: string | undefined;
  #shown = '';
  taskId = '';
  status: PeerStatus = { state: TaskState.TASK_STATE_UNSPECIFIED, says: '' };

  get hasEnded(): boolean {
    return this.#message !== undefined || ENDED.has(this.status.state);
  }

  /**
   * The text so far. Artifacts are the answer; a peer without artifacts answers in a message or in its status messages
   * (google-adk before 2.0).
   */
  get text(): string {
    const artifacts = [...this.#artifacts.values()].filter(Boolean);
    if (artifacts.length > 0) return artifacts.join(BETWEEN);
    return this.#message ?? (this.hasEnded ? this.#statusTexts.join('') : '');
  }

  /** Applies one item of the stream and returns the new text; text that was shown cannot be taken back. */
  take({ payload }: StreamResponse): string {
    switch (payload?.$case) {
      case 'task': {
        const { id, status, artifacts } = payload.value;
        this.taskId ||= id;
        for (const artifact of artifacts) this.#put(artifact, false);
        this.#stand(status?.state, status?.message);
        break;
      }
      case 'statusUpdate': {
        const { taskId, status } = payload.value;
        this.taskId ||= taskId;
        this.#stand(status?.state, status?.message);
        break;
      }
      case 'artifactUpdate': {
        const { taskId, artifact, append } = payload.value;
        this.taskId ||= taskId;
        if (artifact) this.#put(artifact, append);
        break;
      }
      case 'message':
        this.#message = textOf(payload.value.parts);
        break;
      default:
    }
    return this.#newText();
  }

  #stand(state: TaskState | undefined, message: Message | undefined): void {
    const says = textOf(message?.parts ?? []);
    this.status = { state: state ?? TaskState.TASK_STATE_UNSPECIFIED, says };
    if (
      says &&
      (this.status.state === TaskState.TASK_STATE_WORKING ||
        this.status.state === TaskState.TASK_STATE_COMPLETED)
    )
      this.#statusTexts.push(says);
  }

  /** adk-js appends to artifacts that it has not created. */
  #put({ artifactId, parts }: Artifact, append: boolean): void {
    const before = append ? (this.#artifacts.get(artifactId) ?? '') : '';
    this.#artifacts.set(artifactId, before + textOf(parts));
  }

  #newText(): string {
    const { text } = this;
    if (!text.startsWith(this.#shown)) return '';
    const added = text.slice(this.#shown.length);
    this.#shown = text;
    return added;
  }
}

/** The text of an answer; files and data are named, tool calls and thoughts left out. */
function textOf(parts: readonly Part[]): string {
  return parts.map(wordsOf).join('');
}

function wordsOf({ content, filename, mediaType, metadata }: Part): string {
  const marks = metadata ?? {};
  if (marks['adk_type'] !== undefined || marks['adk_thought'] === true) return '';
  const file = `[a file${filename ? ` "${filename.slice(0, 100)}"` : ''}${mediaType ? `, ${mediaType.slice(0, 100)}` : ''}: not shown here]`;
  switch (content?.$case) {
    case 'text':
      return content.value;
    case 'data':
      return JSON.stringify(content.value);
    case 'raw':
    case 'url':
      return file;
    default:
      return '';
  }
}
