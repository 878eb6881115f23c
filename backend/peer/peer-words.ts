import { type Artifact, type Message, type Part, type StreamResponse, TaskState } from '@a2a-js/sdk';

/** How a peer's turn stands, and what it says of it. */
interface PeerStatus {
  state: TaskState;
  /** What the status says: a question, or why it failed. */
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

/** Puts a peer's answer together from what its stream brings, whichever of the many ways it takes. */
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
   * The answer as it stands. Artifacts are the answer; a peer that makes none says it in a message, or in what its
   * status says on the way (google-adk before 2.0).
   */
  get text(): string {
    const artifacts = [...this.#artifacts.values()].filter(Boolean);
    if (artifacts.length > 0) return artifacts.join(BETWEEN);
    return this.#message ?? (this.hasEnded ? this.#statusTexts.join('') : '');
  }

  /** Takes in one piece of the stream and gives what is new in the text; what was shown cannot be taken back. */
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

  /** adk-js appends to an artifact that it has not begun. */
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

/** What of an answer is words; files and data are named, tools' calls and thoughts left out. */
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
