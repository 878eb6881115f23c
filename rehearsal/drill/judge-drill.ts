import { inSeconds, judged, type Verdict } from '@lornu/ops/verify/check.ts';
import type { BrowserSeen } from './judge-browser.ts';
import type { Answer } from './page.ts';

/** The observations of one part of a drill. Times are milliseconds since the fault, or since the repair. */
export interface PartSeen {
  /** Why the part stopped early; absent if it did not. */
  failure?: string;
  answers?: readonly Answer[];
  browser?: BrowserSeen;
  /** `by`: addresses of which one must have answered last. `notBy`: the address that must not have answered. */
  by?: readonly string[];
  notBy?: string;
  /** The time until the shared name led to the other cloud. */
  detectedMs?: number;
  /** The time until the page showed the next word. */
  recoveredMs?: number;
  /** The same, for a conversation whose turn was in progress. */
  interruptedMs?: number;
}

export interface DrillPart extends Verdict, Pick<PartSeen, 'detectedMs' | 'recoveredMs' | 'interruptedMs'> {
  id: string;
  title: string;
  elapsedMs: number;
}

export interface DrillReport {
  /** The start time, ISO 8601. */
  at: string;
  /** The image with its digest. */
  image: string;
  elapsedMs: number;
  parts: DrillPart[];
  /** What Chromium showed; undefined if the page was not open in it. */
  browser?: { version: string; folder: string; googleDies?: BrowserSeen; awsDies?: BrowserSeen };
  /** Messages without a complete answer at the end. */
  lost: number;
  /** Messages with more than one answer. */
  doubled: number;
  /** Messages that a person had to send again. */
  again: number;
  holds: boolean;
}

const EXPECTED = 'the remaining cloud answers every message completely';

export function judgePart(
  seen: PartSeen,
): Verdict & Pick<PartSeen, 'detectedMs' | 'recoveredMs' | 'interruptedMs'> {
  const { failure, answers = [], browser, by, notBy, detectedMs, recoveredMs, interruptedMs } = seen;
  const faults = [
    ...(failure === undefined ? [] : [failure]),
    ...answers.flatMap(({ id, fault, address }) => [
      ...(fault === undefined ? [] : [`message ${id}: ${fault}`]),
      ...((by && !by.includes(address)) || address === notBy
        ? [`message ${id} was answered by ${address}`]
        : []),
    ]),
    ...(browser?.fault === undefined ? [] : [`Chromium: ${browser.fault}`]),
    ...(failure === undefined && answers.length === 0 ? ['no message was sent'] : []),
  ];
  const again = answers.reduce((sum, answer) => sum + answer.again, 0);
  const told = [
    ...(detectedMs === undefined ? [] : [`detected after ${inSeconds(detectedMs)}`]),
    ...(recoveredMs === undefined ? [] : [`recovered after ${inSeconds(recoveredMs)}`]),
    ...(interruptedMs === undefined
      ? []
      : [`the interrupted conversation after ${inSeconds(interruptedMs)}`]),
    `${answers.filter(({ fault }) => fault === undefined).length} of ${answers.length} messages answered completely`,
    ...(browser?.recoveredMs === undefined
      ? []
      : [`Chromium shows the next word after ${inSeconds(browser.recoveredMs)}`]),
    ...(again > 0 ? [`${again} sent again`] : []),
    ...faults,
  ];
  return {
    ...judged(faults.length === 0, EXPECTED, told.join('; ')),
    ...(detectedMs === undefined ? {} : { detectedMs }),
    ...(recoveredMs === undefined ? {} : { recoveredMs }),
    ...(interruptedMs === undefined ? {} : { interruptedMs }),
  };
}
