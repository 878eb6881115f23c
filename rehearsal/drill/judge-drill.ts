import { judged, type Verdict } from '@lornu/ops/verify/verdict.ts';
import type { Answer } from './page.ts';

/** What was seen of a part of a drill. Times are milliseconds since the fault, or since the repair. */
export interface PartSeen {
  /** Why it broke off, if it did. */
  failure?: string;
  answers?: readonly Answer[];
  /** Addresses of which one must have answered last, or the one that must not. */
  by?: readonly string[];
  notBy?: string;
  /** Until the shared name led to the other cloud. */
  detectedMs?: number;
  /** Until the page showed the next word. */
  recoveredMs?: number;
  /** The same, for a conversation whose turn was under way. */
  interruptedMs?: number;
}

export interface DrillPart extends Verdict, Pick<PartSeen, 'detectedMs' | 'recoveredMs' | 'interruptedMs'> {
  id: string;
  title: string;
  elapsedMs: number;
}

export interface DrillReport {
  /** When it began, ISO 8601. */
  at: string;
  /** With its digest. */
  image: string;
  elapsedMs: number;
  parts: DrillPart[];
  /** Messages without a whole answer in the end. */
  lost: number;
  /** Messages with more than one. */
  doubled: number;
  /** Messages that a person had to send again. */
  again: number;
  holds: boolean;
}

const EXPECTED = 'every message is answered whole, by the cloud that is left';

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function judgePart(
  seen: PartSeen,
): Verdict & Pick<PartSeen, 'detectedMs' | 'recoveredMs' | 'interruptedMs'> {
  const { failure, answers = [], by, notBy, detectedMs, recoveredMs, interruptedMs } = seen;
  const faults = [
    ...(failure === undefined ? [] : [failure]),
    ...answers.flatMap(({ id, fault, address }) => [
      ...(fault === undefined ? [] : [`message ${id}: ${fault}`]),
      ...((by && !by.includes(address)) || address === notBy
        ? [`message ${id} was answered by ${address}`]
        : []),
    ]),
    ...(failure === undefined && answers.length === 0 ? ['nothing was asked'] : []),
  ];
  const again = answers.reduce((sum, answer) => sum + answer.again, 0);
  const told = [
    ...(detectedMs === undefined ? [] : [`detected after ${inSeconds(detectedMs)}`]),
    ...(recoveredMs === undefined ? [] : [`recovered after ${inSeconds(recoveredMs)}`]),
    ...(interruptedMs === undefined
      ? []
      : [`the interrupted conversation after ${inSeconds(interruptedMs)}`]),
    `${answers.filter(({ fault }) => fault === undefined).length} of ${answers.length} messages answered whole`,
    ...(again > 0 ? [`sent again ${again} times`] : []),
    ...faults,
  ];
  return {
    ...judged(faults.length === 0, EXPECTED, told.join('; ')),
    ...(detectedMs === undefined ? {} : { detectedMs }),
    ...(recoveredMs === undefined ? {} : { recoveredMs }),
    ...(interruptedMs === undefined ? {} : { interruptedMs }),
  };
}
