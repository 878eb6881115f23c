import { TaskState } from '@a2a-js/sdk';
import type { Logger } from '../../observability/logger.ts';
import type { LiveRun } from '../../runs/live-run.ts';
import type { RunService } from '../../runs/run.ts';
import { TASK_KEEP_MS, type TaskPlace, type TaskRecord, type TaskRecords } from '../../tasks/task-records.ts';
import { isAnswer } from '../../turn/check-message.ts';
import { callContextOf } from '../caller.ts';
import type { PushNotifier } from '../push/push-notifier.ts';
import type { LoadFile } from '../executor/run-events.ts';
import { RunTasks } from './run-tasks.ts';
import { StoredTasks, toTask } from './stored-tasks.ts';

export interface TaskKeeperDeps {
  records: TaskRecords;
  runs: Pick<RunService, 'attach' | 'cancel' | 'list'>;
  loadFile: LoadFile;
  notifier: Pick<PushNotifier, 'notify'> | undefined;
  log: Logger;
  now: () => number;
  everyMs?: number;
}

const EVERY_MS = 30_000;
const LOOKED_AT_ONCE = 50;
const UNFINISHED = [TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING];
const WAITING = [TaskState.TASK_STATE_INPUT_REQUIRED, TaskState.TASK_STATE_AUTH_REQUIRED];

/**
 * Finishes tasks whose process died or whose question was answered over another API, so that webhooks are notified and
 * the answer outlives the run; deletes old tasks.
 */
export class TaskKeeper {
  readonly #deps: TaskKeeperDeps;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isBusy = false;
  /** Where the previous pass ended: old tasks that stay unfinished must keep no newer one waiting. */
  #after: TaskPlace | undefined;

  constructor(deps: TaskKeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), this.#deps.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One pass. Never throws; does nothing while the previous pass is running. */
  async look(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const { records, log, now, everyMs = EVERY_MS } = this.#deps;
    try {
      const found = await records.stale(UNFINISHED, now() - everyMs, LOOKED_AT_ONCE, this.#after);
      this.#after = found.length < LOOKED_AT_ONCE ? undefined : found.at(-1);
      for (const record of found) await this.#refresh(record);
      await records.prune(now() - TASK_KEEP_MS);
    } catch (error) {
      log.warn('A2A tasks could not be looked after', { error });
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * For a run that has ended: if a person answered a task's question with it over the service's own API, the task goes
   * on, and its webhooks are notified. Never throws.
   */
  async runEnded({ record, request }: Pick<LiveRun, 'record' | 'request'>): Promise<void> {
    if (!isAnswer(request.newMessage)) return;
    const { appName, userId, sessionId: contextId } = record.session;
    const { records, log } = this.#deps;
    try {
      for (const state of WAITING) {
        const query = { appName, userId, contextId, state, limit: LOOKED_AT_ONCE };
        let after: TaskPlace | undefined;
        do {
          const page = await records.list({ ...query, ...(after ? { after } : {}) });
          for (const waiting of page.records) await this.#refresh(waiting);
          after = page.hasMore ? page.records.at(-1) : undefined;
        } while (after);
      }
    } catch (error) {
      log.warn('A2A tasks that wait for an answer could not be looked after', { contextId, error });
    }
  }

  /** Never throws: a task that cannot be read keeps no other one waiting. */
  async #refresh(record: TaskRecord): Promise<void> {
    const { records, runs, loadFile, notifier, log, now } = this.#deps;
    const { appName, userId } = record;
    const tasks = new StoredTasks(appName, records);
    const onEvent = notifier ? { onEvent: notifier.notify.bind(notifier) } : {};
    const remoteTasks = new RunTasks({ appName, runs, tasks, loadFile, now, ...onEvent });
    const owner = callContextOf({ role: 'peer', via: 'jwt', id: userId, userId }, '1.0');
    try {
      await remoteTasks.refresh(toTask(record), owner);
    } catch (error) {
      log.warn('an A2A task could not be looked after', { taskId: record.id, error });
    }
  }
}
