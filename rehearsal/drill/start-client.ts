import { readLines } from '@lornu/ops/process/run-command.ts';
import type { ServedRehearsal } from '../serve/served.ts';

/** A program that takes tasks as JSON lines and prints its observations, the notes, as JSON lines. */
export interface Client<Note> {
  notes: readonly Note[];
  /** Writes a line to its input. */
  send: (value: object) => Promise<void>;
  /** Waits for the first matching note, which may be there already. Rejects after `withinMs`, or if the program ends. */
  until: <N extends Note = Note>(
    fits: ((note: Note) => note is N) | ((note: Note) => boolean),
    what: string,
    withinMs: number,
  ) => Promise<N>;
  /** Ends its input. */
  finish: () => void;
  kill: () => void;
}

/** Starts a program, called `name` in errors, with the options as its first line. It is killed on an abort. */
export async function startClient<Note>(
  { command, name, options }: { command: readonly string[]; name: string; options: object },
  served: Pick<ServedRehearsal, 'failed'>,
  signal: AbortSignal,
): Promise<Client<Note>> {
  const child = Bun.spawn([...command], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  const kill = (): void => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const send = async (value: object): Promise<void> => {
    await child.stdin.write(`${JSON.stringify(value)}\n`);
    await child.stdin.flush();
  };
  const notes: Note[] = [];
  const said: string[] = [];
  let change = Promise.withResolvers<void>();
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined);
  void readLines(child.stderr, (line) => said.push(line));
  void readLines(child.stdout, (line) => {
    notes.push(JSON.parse(line) as Note);
    change.resolve();
    change = Promise.withResolvers<void>();
  });
  void child.exited.then(() => end.reject(new Error(`${name} ended: ${said.slice(-5).join(' ')}`)));
  const until: Client<Note>['until'] = async <N extends Note>(
    fits: ((note: Note) => note is N) | ((note: Note) => boolean),
    what: string,
    withinMs: number,
  ): Promise<N> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`${what}: not within ${withinMs / 1000} s`)),
      withinMs,
    );
    try {
      for (;;) {
        const found = notes.find(fits);
        if (found !== undefined) return found as N;
        await Promise.race([change.promise, late.promise, end.promise, served.failed]);
      }
    } finally {
      clearTimeout(timer);
    }
  };
  // Not as arguments: the process list shows arguments, and the options contain a token.
  await send(options);
  return { notes, send, until, finish: () => void child.stdin.end(), kill };
}
