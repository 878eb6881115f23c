import { digestOf } from './cassette.ts';

/** A tool's call in a recorded turn; `args` is a digest. */
export interface ToolStep {
  id: string;
  name: string;
  args: string;
}

/** A call that a candidate makes. */
export interface ToolCall {
  id?: string | undefined;
  name: string;
  args: unknown;
}

/** What a tool answers that was not called in the recorded turn. */
export const NOT_RECORDED = 'This was not recorded.';

/**
 * Which of the recorded calls a candidate's call is: by its id; else by its name and arguments; else by its name, so that a
 * call with other arguments still gets its answer, and the events show the difference.
 */
export function pickStep<Step extends ToolStep>(
  free: readonly Step[],
  { id = '', name, args }: ToolCall,
): Step | undefined {
  return (
    free.find((one) => one.id === id) ??
    free.find((one) => one.name === name && one.args === digestOf(args)) ??
    free.find((one) => one.name === name)
  );
}
