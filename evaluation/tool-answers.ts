import { digestOf } from './cassette.ts';

/** A tool call of a recorded turn; `args` is a digest. */
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

/** The answer of a tool that was not called in the recorded turn. */
export const NOT_RECORDED = 'This was not recorded.';

/**
 * Finds the recorded call that matches a candidate's call: by id, else by name and arguments, else by name. A call with
 * different arguments therefore still gets an answer, and the events show the difference.
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
