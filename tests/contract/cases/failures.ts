import { type ContractCase, inSession } from '../case.ts';

const through = (text: string): ContractCase[] => [
  inSession(`the model: ${text} (/run)`, async (caller) => {
    await caller.run(text);
    await caller.stored();
  }),
  inSession(`the model: ${text} (/run_sse)`, async (caller) => {
    await caller.runSse(text, { streaming: false });
    await caller.stored();
  }),
  inSession(`the model: ${text} (/run_sse with tokens)`, async (caller) => {
    await caller.runSse(text);
    await caller.stored();
  }),
];

/** Turns that fail after they were accepted. */
export const FAILURE_CASES: ContractCase[] = [
  ...through('simulate safety stop'),
  ...through('simulate blocked prompt'),
  ...through('simulate cut answer'),
  ...through('simulate malformed call'),
  ...through('simulate 400'),
  ...through('simulate 429 retry 1'),
  ...through('simulate 503'),
  ...through('simulate error after 3'),
  ...through('simulate break after 3'),
  ...through('call no_such_tool'),
  ...through('call set_state'),
  ...through('call fail'),
  inSession('a turn after a failed one', async (caller) => {
    await caller.runSse('simulate 400');
    await caller.runSse('hello');
    await caller.stored();
  }),
];
