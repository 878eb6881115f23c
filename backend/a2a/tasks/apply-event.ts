import type { Artifact, Part, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutionEvent } from '@a2a-js/sdk/server';
import { isTerminal, stateOf } from './states.ts';

/**
 * Applies an executor's event to a task, in place. Returns undefined if there is no task yet and the event does not
 * create one. A task in a terminal state never changes.
 */
export function applyEvent(task: Task | undefined, event: AgentExecutionEvent): Task | undefined {
  switch (event.kind) {
    case 'message':
      return task;
    case 'task':
      return { ...event.data, artifacts: [...event.data.artifacts], history: [...event.data.history] };
    case 'statusUpdate':
      if (task && !isTerminal(stateOf(task))) applyStatus(task, event.data);
      return task;
    case 'artifactUpdate':
      if (task) applyArtifact(task, event.data);
      return task;
  }
}

function applyStatus(task: Task, { status, metadata }: TaskStatusUpdateEvent): void {
  task.status = status && { ...status, timestamp: laterTime(task, status.timestamp) };
  if (metadata) task.metadata = { ...task.metadata, ...metadata };
  const message = status?.message;
  if (message && !task.history.some(({ messageId }) => messageId === message.messageId))
    task.history.push(message);
}

/**
 * The time of a task's next status. It never goes back, whatever the clocks of the processes say: a store that may get
 * a write late takes the one with the later time.
 */
export function laterTime(task: Task | undefined, timestamp: string | undefined): string | undefined {
  const before = task?.status?.timestamp;
  return before && timestamp && Date.parse(before) > Date.parse(timestamp) ? before : timestamp;
}

function applyArtifact(task: Task, { artifact, append, metadata }: TaskArtifactUpdateEvent): void {
  if (!artifact) return;
  if (metadata) task.metadata = { ...task.metadata, ...metadata };
  const at = task.artifacts.findIndex(({ artifactId }) => artifactId === artifact.artifactId);
  const known = task.artifacts[at];
  if (!known) task.artifacts.push({ ...artifact, parts: [...artifact.parts] });
  else task.artifacts[at] = append ? appended(known, artifact) : { ...artifact, parts: [...artifact.parts] };
}

/**
 * Joins the chunks of an answer that are sent at the same time: each update names its task and its artifact again, and
 * costs both sides more than its text.
 */
export function joinChunks(events: readonly AgentExecutionEvent[]): AgentExecutionEvent[] {
  const joined: AgentExecutionEvent[] = [];
  for (const event of events) {
    const both = chunks(joined.at(-1), event);
    if (both) joined[joined.length - 1] = both;
    else joined.push(event);
  }
  return joined;
}

function chunks(
  first: AgentExecutionEvent | undefined,
  second: AgentExecutionEvent,
): AgentExecutionEvent | undefined {
  if (first?.kind !== 'artifactUpdate' || second.kind !== 'artifactUpdate') return undefined;
  const [before, after] = [first.data.artifact, second.data.artifact];
  if (!second.data.append || !before || before.artifactId !== after?.artifactId) return undefined;
  return AgentEvent.artifactUpdate({
    ...second.data,
    append: first.data.append,
    artifact: appended(before, after),
  });
}

/** Merges text chunks into one part: an answer of a thousand chunks would otherwise be a thousand parts. */
function appended(known: Artifact, { parts, name, description, metadata }: Artifact): Artifact {
  for (const part of parts) {
    const last = known.parts.at(-1);
    const joined = last && joinedText(last, part);
    if (joined) known.parts[known.parts.length - 1] = joined;
    else known.parts.push(part);
  }
  return {
    ...known,
    name: name || known.name,
    description: description || known.description,
    metadata: metadata ? { ...known.metadata, ...metadata } : known.metadata,
  };
}

function joinedText(a: Part, b: Part): Part | undefined {
  if (a.content?.$case !== 'text' || b.content?.$case !== 'text') return undefined;
  if (a.metadata || b.metadata || a.mediaType !== b.mediaType) return undefined;
  return { ...a, content: { $case: 'text', value: a.content.value + b.content.value } };
}
