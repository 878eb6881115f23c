/**
 * The outside observations of a service under test, in order, each as a JSON line. The simulation and the tests with
 * real processes write the history, and the checker reads it. `at` is in milliseconds of the writer's clock.
 */
export type Entry = { at: number } & (
  | {
      is: 'begins';
      /** The input of the simulation, so that it can be run again. */
      seed?: number;
    }
  /** A message that was sent. */
  | {
      is: 'sent';
      message: string;
      session: string;
      text: string;
      /** The complete expected answer, if it is known. */
      expected?: string;
      /** The model's words when it has to continue an answer that was already complete when its process died. */
      orWith?: string;
      /** The message interrupts the running turn, and is answered before waiting messages. */
      isAhead?: boolean;
    }
  | { is: 'accepted'; message: string; run: string }
  /** Refused, with the error's code. */
  | { is: 'refused'; message: string; code: string }
  /** There was no response, so it is unknown whether the message was accepted. */
  | { is: 'unanswered'; message: string }
  /** A frame as a reader received it, with its SSE id. */
  | { is: 'shown'; reader: string; session: string; run: string; id: string; data: string }
  /** Messages that a client found in the session, of which it asked at `askedAt`. */
  | { is: 'looked'; session: string; askedAt: number; messages: string[] }
  /** The end of the run, as a reader received it. */
  | { is: 'ended'; reader: string; run: string; state: string }
  /** A reader that never stopped reading, and never received the end. */
  | { is: 'left waiting'; reader: string; run: string; why?: string }
  /** The response to a stop, with the run's state. */
  | { is: 'stopped'; run: string; state: string }
  /** A piece of an answer that the model wrote, for this message. */
  | { is: 'paid'; process: string; message: string }
  /** The model failed a request, so the turn may fail too. */
  | { is: 'model'; what: string; message: string }
  /** The model refused a request as invalid. */
  | { is: 'invalid'; reason: string }
  | { is: 'tool'; process: string; tool: string; message: string; isRepeatable: boolean }
  | {
      is: 'process';
      process: string;
      what:
        | 'started'
        | 'killed'
        | 'paused'
        | 'asked to stop'
        | 'without its store'
        | 'answered late by its store';
      forMs?: number;
    }
  /** A promise failed, and nobody awaited it. */
  | { is: 'unawaited'; error: string }
  /** At the end: runs of a session. */
  | { is: 'run'; session: string; run: string; state: string; startedMs: number; endedMs?: number }
  /** At the end: every frame of a run, read from the beginning. */
  | { is: 'replayed'; session: string; run: string; frames: { id: string; data: string }[] }
  /** At the end: the events of a session, each as JSON. */
  | { is: 'stored'; session: string; events: string[] }
  /** After the end: the result of one more turn. */
  | { is: 'next turn'; session: string; state: string }
);

type Without<E, K extends PropertyKey> = E extends unknown ? Omit<E, K> : never;
/** An entry without its time. */
export type Seen = Without<Entry, 'at'>;
