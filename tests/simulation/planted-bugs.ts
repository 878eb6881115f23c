import { plantedBug as bug, type PlantedBug } from './planted-bug.ts';
import { PLANTED_FIRESTORE_BUGS } from './planted-firestore-bugs.ts';

const RUN_STORE = 'runs/sqlite/sqlite-run-store.ts';
const SESSION_STORE = 'sessions/sqlite/sqlite-session-store.ts';

/** The simulation has to find each bug. docs/guarantees.md says what to do if it misses one. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  // Leases and writers.
  bug(
    'frames are taken from a process that has lost its lease',
    RUN_STORE,
    '?.token === lease.token',
    '?.token !== undefined',
  ),
  bug(
    'events are taken from a process that has lost its lease',
    SESSION_STORE,
    'if (row.lease_token !== token)',
    'if (row.lease_token === undefined)',
  ),
  bug(
    'a new lease has the number of the old one',
    RUN_STORE,
    'const token = newLeaseToken();\n      this.#statements.lease.run({ row, token, runId, owner, expiresMs: clock',
    'const token = before;\n      this.#statements.lease.run({ row, token, runId, owner, expiresMs: clock',
  ),
  bug(
    'a session with a running turn takes another',
    'runs/sqlite/begin-run.ts',
    'if (row.run_id !== null) throw sessionBusy(row.run_id);',
    'if (row.run_id !== null) statements.freeSession.run({ row: row.row_id });',
  ),
  bug(
    'a run that could not be closed is ended all the same',
    'runs/run-worker.ts',
    "=== 'lease-lost') await run.leave();\n    else {",
    "=== 'lease-lost') await run.leave();\n    else {\n      await run.end('failed').catch(() => undefined);",
  ),
  // Stored and shown data.
  bug(
    'frames are shown before they are stored',
    'runs/frame-writer.ts',
    'this.#pending.push(...frames);',
    'this.#pending.push(...frames);\n    this.#deps.log.publish(frames);\n    this.settled = () => undefined;',
  ),
  bug(
    'an event is shown before it is stored',
    'turn/turn-events.ts',
    'await this.store(event);\n    this.#options.emit(event);',
    'this.#options.emit(event);\n    await this.store(event);',
  ),
  bug(
    'an answer is shown while its message is still being stored',
    'turn/message-write.ts',
    'if (this.#storing) return this.#storing.then(act);\n    act();',
    'act();',
  ),
  bug(
    'the store refuses frames and nobody hears of it',
    'runs/frame-writer.ts',
    'this.#pending = [...batch, ...this.#pending];\n      this.#isRefused = true;\n      onFailure(error);',
    'void onFailure;\n      void error;',
  ),
  bug(
    'the end is stored before the frames that are on their way',
    'runs/frame-writer.ts',
    'this.#isClosed = true;\n    await this.#storing;',
    'this.#isClosed = true;',
  ),
  bug(
    'the last frames are not stored with the end',
    'runs/live-run.ts',
    'this.#store.end(this.lease, state, rest',
    'this.#store.end(this.lease, state, []',
  ),
  bug(
    'what was shown is forgotten when its whole is refused',
    'turn/open-answers.ts',
    '() => undefined,\n    );',
    '() => void this.#open.clear(),\n    );',
  ),
  bug(
    'pieces of an answer have ids of their own',
    'turn/open-answers.ts',
    'event.id = answer.id;',
    'event.id = newEventId();',
  ),
  bug(
    'an interrupted answer is not kept',
    'turn/close-turn.ts',
    '[...shown, ...answersForOpenCalls(ending)]',
    '[...answersForOpenCalls(ending)]',
  ),
  bug(
    'a stopped turn is not closed',
    'runs/run-worker.ts',
    "if (!ending) return 'moved';\n    await this.#close(this.#rootAgent);",
    "if (!ending) return 'moved';",
  ),
  bug(
    'a turn whose frames were refused is not closed',
    'runs/run-worker.ts',
    'await this.#close(this.#rootAgent).catch(',
    'await Promise.resolve().catch(',
  ),
  bug(
    'a cached conversation is taken for the newest',
    SESSION_STORE,
    'if (after >= row.last_seq) return events;',
    'if (known) return events;',
  ),
  bug(
    'events have the times of their process',
    SESSION_STORE,
    'nextTimestamp(event.timestamp, row.updated_us / 1000)',
    'event.timestamp',
  ),
  // Confirmations.
  bug(
    'a tool runs while the message that confirms it is being stored',
    'turn/message-write.ts',
    '!isAnswer(message) &&',
    '',
  ),
  bug(
    'a confirmed call whose turn was interrupted goes on waiting for its confirmation',
    'turn/close-turn.ts',
    'return [...open, ...decided];',
    'return open;',
  ),
  bug(
    'a result that was never stored is taken for the response of a call',
    'runs/run-worker.ts',
    '|| wasAppended(event)',
    '|| true',
  ),
  // Takeovers.
  bug(
    'numbers of frames begin again after a takeover',
    'runs/run-service.ts',
    'const firstIndex = (assignment.earlierFrames?.at(-1)?.index ?? -1) + 1;',
    'const firstIndex = 0;',
  ),
  bug(
    'what was stored and not shown is not shown after a takeover',
    'runs/run-worker.ts',
    'for (const event of repair.unseen) run.addEvent(event);',
    '',
  ),
  bug(
    'what was shown is not recalled after a takeover',
    'turn/repair.ts',
    'for (const event of [...shown, ...unseen]) answers.recall(event);',
    '',
  ),
  bug(
    'a turn that was taken over begins again',
    'turn/repair.ts',
    'isUnbegun: stored.length === 0',
    'isUnbegun: true',
  ),
  bug(
    'a turn that was taken over is never begun again',
    'turn/repair.ts',
    'isUnbegun: stored.length === 0',
    'isUnbegun: false',
  ),
  bug(
    'every tool may be run twice',
    'turn/repair.ts',
    "tool !== undefined && 'safeToRepeat' in tool && tool.safeToRepeat === true",
    'tool !== undefined',
  ),
  bug(
    'a call without an answer stays open',
    'turn/close-turn.ts',
    '[...shown, ...answersForOpenCalls(ending)]',
    '[...shown]',
  ),
  bug(
    'a takeover interrupts the turn',
    'runs/run-worker.ts',
    'export const MOST_TAKEOVERS = 30;',
    'export const MOST_TAKEOVERS = 0;',
  ),
  bug(
    'a run whose process is gone is left alone',
    'runs/housekeeping.ts',
    'return this.#takesOver ?',
    'return !this.#takesOver ?',
  ),
  bug(
    'a takeover that failed once is never tried again',
    'runs/takeovers.ts',
    'if (at <= performance.now()) this.#retryAt.delete(runId);',
    'if (at <= 0) this.#retryAt.delete(runId);',
  ),
  bug(
    'a hand-over on SIGTERM is told as the end',
    'runs/run-worker.ts',
    "if (state === 'moved') await run.leave();",
    "if (state === 'moved') await run.end('completed');",
  ),
  bug(
    'the listeners of a run that has moved are told an end',
    'runs/live-run.ts',
    "this.#finish('running', 'moved');",
    "this.#finish('completed', 'ended');",
  ),
  // Readers.
  bug(
    'a reader that comes back gets its last frame again',
    'runs/frame-ids.ts',
    'Number(digits) + 1',
    'Number(digits)',
  ),
  bug(
    'a reader that comes back misses a frame',
    'runs/frame-ids.ts',
    'Number(digits) + 1',
    'Number(digits) + 2',
  ),
  bug(
    'a batch is skipped where a reader stands inside it',
    'runs/sqlite/run-tables.ts',
    'first_index + frame_count > $fromIndex ORDER',
    'first_index >= $fromIndex ORDER',
  ),
  bug(
    'a batch is sent whole where a reader stands inside it',
    RUN_STORE,
    'frames: frames.filter(({ index }) => index >= fromIndex)',
    'frames',
  ),
  bug(
    'the last frame that was followed is sent again',
    'runs/follow-stored.ts',
    'index = (frames.at(-1)?.index ?? index) + 1;',
    'index = frames.at(-1)?.index ?? index;',
  ),
  bug(
    'the end of a followed run is told before its last frames',
    'runs/follow-stored.ts',
    'of inBatches(stored.frames)',
    'of inBatches(hasEnded(stored.state) ? [] : stored.frames)',
  ),
  bug(
    'any session may listen to a run whose id it knows',
    'runs/run-service.ts',
    'if (!record || !isSameSession(record.session, session)) {',
    'if (!record) {',
  ),
  bug(
    'the SSE id is that of the next frame',
    'http/sse.ts',
    'frameId(run.id, index)',
    'frameId(run.id, index + 1)',
  ),
  // Ends.
  bug(
    'the end is told twice',
    'web/event-stream.ts',
    'send(end?.());',
    'send(end?.());\n          send(end?.());',
  ),
  bug(
    'an end is told that the store has refused',
    'runs/live-run.ts',
    'await this.#store.end(this.lease, state, rest, this.#allTokens);',
    'await this.#store.end(this.lease, state, rest, this.#allTokens).catch(() => undefined);',
  ),
  bug(
    'readers sleep through the end',
    'runs/frame-log.ts',
    'this.#end ??= end;\n    this.wake();',
    'this.#end ??= end;',
  ),
  bug(
    'a stop is answered with what was hoped for',
    'runs/run-service.ts',
    'return toSummary((await this.#deps.runs.get(record.id)) ?? record);',
    "return { ...toSummary((await this.#deps.runs.get(record.id)) ?? record), state: 'cancelled' };",
  ),
  bug(
    'the model is not told that its turn was stopped',
    'model/call-model.ts',
    "else caller?.addEventListener('abort', this.#follow, { once: true });",
    '',
  ),
  bug(
    'a silent turn goes on for ever',
    'runs/limit-time.ts',
    "if (quietLooks >= LOOKS_IN_SILENCE) run.stop('silent');",
    '',
  ),
  // Messages that wait.
  bug(
    'the queue is forgotten when a turn ends',
    RUN_STORE,
    'if (this.#statements.freeSession.run({ row }).changes > 0) return undefined;',
    "this.#database.query('DELETE FROM leases WHERE session_row = ?').run(row);\n    if (row) return undefined;",
  ),
  bug(
    'a message that waits is lost with the process that took it',
    'runs/queued-run.ts',
    "if (seen?.state !== 'queued') this.begin",
    "if (seen?.state === 'cancelled') this.begin",
  ),
  bug(
    'messages that wait are answered newest first',
    'runs/sqlite/run-tables.ts',
    'ORDER BY queue_place LIMIT 1',
    'ORDER BY queue_place DESC LIMIT 1',
  ),
  ...PLANTED_FIRESTORE_BUGS,
];
