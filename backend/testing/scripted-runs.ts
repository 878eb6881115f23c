import { AppError } from '../errors/app-error.ts';
import { fromIndexAfter } from '../runs/frame-ids.ts';
import {
  oneByOne,
  type Attachment,
  type Frame,
  type Run,
  type RunChoice,
  type RunService,
  type RunState,
  type RunSummary,
  type TurnRequest,
} from '../runs/run.ts';
import { noTokens } from '../runs/token-use.ts';
import type { SessionStore } from '../sessions/session-store.ts';

/** Turns whose frames a test scripts, so that the HTTP layer is tested without a model. */
export class ScriptedRuns implements RunService {
  readonly started: TurnRequest[] = [];
  /** Makes the frames of the next turns. */
  script: (request: TurnRequest) => AsyncIterable<string> = async function* () {
    yield '{"id":"e1","author":"root"}';
  };
  activeCount = 0;
  /** Frames that readers have taken, over all runs. */
  framesRead = 0;

  readonly #runs: ScriptedRun[] = [];
  readonly #sessions: Pick<SessionStore, 'getSession'>;

  constructor(sessions: Pick<SessionStore, 'getSession'>) {
    this.#sessions = sessions;
  }

  async start(request: TurnRequest, allowed?: Promise<unknown>): Promise<Run> {
    await allowed;
    const session = await this.#sessions.getSession({ ...request, config: { numRecentEvents: 0 } });
    if (!session) throw new AppError('SESSION_NOT_FOUND', `Session not found: ${request.sessionId}`);
    this.started.push(request);
    this.activeCount++;
    const run = new ScriptedRun({
      id: `run-${this.started.length}`,
      script: this.script(request),
      onEnd: () => this.activeCount--,
      onRead: () => this.framesRead++,
    });
    this.#runs.push(run);
    return run;
  }

  async attach({ runId }: RunChoice, lastEventId?: string): Promise<Attachment> {
    const run = this.#find(runId);
    const isAnyRun = runId === 'running';
    const fromIndex = lastEventId ? fromIndexAfter(lastEventId, run.id, run.frameCount, isAnyRun) : 0;
    return { run, fromIndex };
  }

  async cancel({ runId }: RunChoice): Promise<RunSummary> {
    return summaryOf(this.#find(runId));
  }

  async list(): Promise<RunSummary[]> {
    return this.#runs.map(summaryOf);
  }

  async drain(): Promise<void> {}

  #find(runId: string): ScriptedRun {
    const run = this.#runs.find(({ id, state }) =>
      runId === 'running' ? state === 'running' : id === runId,
    );
    if (!run) throw new AppError('RUN_NOT_FOUND', `Run not found: ${runId}`);
    return run;
  }
}

interface ScriptedRunOptions {
  id: string;
  script: AsyncIterable<string>;
  onEnd: () => void;
  onRead: () => void;
}

function summaryOf({ id, invocationId, state }: Run): RunSummary {
  return { id, invocationId, state, startedMs: 0 };
}

class ScriptedRun implements Run {
  readonly id: string;
  readonly invocationId = 'e-1';
  readonly tokens = noTokens();
  readonly isFault = false;
  readonly firstFrame: Promise<void>;
  state: RunState = 'running';
  readonly ended: Promise<void>;
  readonly #frames: Frame[] = [];
  #changed = Promise.withResolvers<void>();

  readonly #onRead: () => void;

  constructor({ id, script, onEnd, onRead }: ScriptedRunOptions) {
    this.id = id;
    this.firstFrame = this.#changed.promise;
    this.#onRead = onRead;
    this.ended = this.#run(script).finally(onEnd);
  }

  get frameCount(): number {
    return this.#frames.length;
  }

  async #run(script: AsyncIterable<string>): Promise<void> {
    for await (const json of script) {
      this.#frames.push({
        index: this.#frames.length,
        json,
        kind: json.startsWith('{"error":') ? 'error' : 'event',
      });
      this.#wake();
    }
    this.state = 'completed';
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  frames(fromIndex = 0, signal?: AbortSignal): AsyncIterable<Frame> {
    return oneByOne(this.batches(fromIndex, signal));
  }

  async *batches(fromIndex = 0, signal?: AbortSignal): AsyncIterable<readonly Frame[]> {
    const left = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    let index = fromIndex;
    for (;;) {
      if (signal?.aborted) return;
      const frame = this.#frames[index];
      if (frame) {
        index++;
        this.#onRead();
        yield [frame];
      } else if (this.state === 'running') await Promise.race([this.#changed.promise, left]);
      else return;
    }
  }
}
