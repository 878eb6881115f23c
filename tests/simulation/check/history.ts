/**
 * What was seen from outside of a service under test, in order: a JSON line each. The simulation and the tests with real
 * processes write it; the checker reads it. `at` is in milliseconds of whichever clock the writer has.
 */
export type Entry = { at: number } & (
  | {
      is: 'begins';
      /** What the simulation was given, to be run again. */
      seed?: number;
      /** Frames are shown before they are stored: the last words of a killed process may be taken back. */
      isShownFirst: boolean;
    }
  /** A message on its way. */
  | {
      is: 'sent';
      message: string;
      session: string;
      text: string;
      /** What the whole answer says, where that is known. */
      expected?: string;
      /** What the model says where it is asked to go on from an answer that was complete when its process died. */
      orWith?: string;
      /** It interrupts, and goes ahead of those that wait. */
      isAhead?: boolean;
    }
  | { is: 'accepted'; message: string; run: string }
  /** Refused, with the error's code. */
  | { is: 'refused'; message: string; code: string }
  /** No answer came: whether it was accepted is not known. */
  | { is: 'unanswered'; message: string }
  /** A frame as a reader received it, with its SSE id. */
  | { is: 'shown'; reader: string; session: string; run: string; id: string; data: string }
  /** Messages that a client found in the session, of which it asked at `askedAt`. */
  | { is: 'looked'; session: string; askedAt: number; messages: string[] }
  /** The end of the run, as a reader was told. */
  | { is: 'ended'; reader: string; run: string; state: string }
  /** A reader that never stopped asking, and was never told the end. */
  | { is: 'left waiting'; reader: string; run: string; why?: string }
  /** A stop was answered: the run's state in the answer. */
  | { is: 'stopped'; run: string; state: string }
  /** A piece of an answer that the model wrote, for this message. */
  | { is: 'paid'; process: string; message: string }
  /** The model failed a request: the turn may fail for it. */
  | { is: 'model'; what: string; message: string }
  /** The model refused a request as invalid. */
  | { is: 'invalid'; reason: string }
  | { is: 'tool'; process: string; tool: string; message: string; isRepeatable: boolean }
  | {
      is: 'process';
      process: string;
      what: 'started' | 'killed' | 'paused' | 'asked to stop' | 'without its store';
      forMs?: number;
    }
  /** At the end: runs of a session. */
  | { is: 'run'; session: string; run: string; state: string; startedMs: number; endedMs?: number }
  /** At the end: every frame of a run, as one gets them who asks from the beginning. */
  | { is: 'replayed'; session: string; run: string; frames: { id: string; data: string }[] }
  /** At the end: the events of a session, each as JSON. */
  | { is: 'stored'; session: string; events: string[] }
  /** After the end: how one more turn went. */
  | { is: 'next turn'; session: string; state: string }
);

type Without<E, K extends PropertyKey> = E extends unknown ? Omit<E, K> : never;
/** An entry before it has its time. */
export type Seen = Without<Entry, 'at'>;
