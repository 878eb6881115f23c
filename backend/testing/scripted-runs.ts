import { AppError } from '../errors/app-error.ts';
import type { Frame, Run, RunService, RunState, TurnRequest } from '../runs/run.ts';
import type { SessionStore } from '../sessions/session-store.ts';

/** Turns whose frames a test writes: what the HTTP layer does with frames is tested without a model. */
export class ScriptedRuns implements RunService {
  readonly started: TurnRequest[] = [];
  /** Makes the frames of the next turns; the index and a stop signal come along. */
  script: (request: TurnRequest) => AsyncIterable<string> = async function* () {
    yield '{"id":"e1","author":"root"}';
  };
  activeCount = 0;
  /** How many frames readers have taken, all runs together. */
  framesRead = 0;

  readonly #sessions: Pick<SessionStore, 'getSession'>;

  constructor(sessions: Pick<SessionStore, 'getSession'>) {
    this.#sessions = sessions;
  }

  async start(request: TurnRequest): Promise<Run> {
    const session = await this.#sessions.getSession({ ...request, config: { numRecentEvents: 0 } });
    if (!session) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${request.sessionId}`);
    this.started.push(request);
    this.activeCount++;
    return new ScriptedRun({
      id: `run-${this.started.length}`,
      script: this.script(request),
      onEnd: () => this.activeCount--,
      onRead: () => this.framesRead++,
    });
  }

  async drain(): Promise<void> {}
}

interface ScriptedRunParts {
  id: string;
  script: AsyncIterable<string>;
  onEnd: () => void;
  onRead: () => void;
}

class ScriptedRun implements Run {
  readonly id: string;
  readonly invocationId = 'e-1';
  state: RunState = 'running';
  readonly ended: Promise<void>;
  readonly #frames: Frame[] = [];
  #changed = Promise.withResolvers<void>();

  readonly #onRead: () => void;

  constructor({ id, script, onEnd, onRead }: ScriptedRunParts) {
    this.id = id;
    this.#onRead = onRead;
    this.ended = this.#run(script).finally(onEnd);
  }

  async #run(script: AsyncIterable<string>): Promise<void> {
    for await (const json of script) {
      this.#frames.push({ index: this.#frames.length, json, kind: 'event' });
      this.#wake();
    }
    this.state = 'completed';
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async *frames(fromIndex = 0, signal?: AbortSignal): AsyncIterable<Frame> {
    const left = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    let index = fromIndex;
    for (;;) {
      if (signal?.aborted) return;
      const frame = this.#frames[index];
      if (frame) {
        index++;
        this.#onRead();
        yield frame;
      } else if (this.state === 'running') await Promise.race([this.#changed.promise, left]);
      else return;
    }
  }
}
