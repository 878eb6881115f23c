import { ENVIRONMENT, needOf, streamsOfTask, type Need } from './model.ts';
import { simulate, type Simulated } from './simulate.ts';

/** The sizes of docs/scale.md. */
export const SIZES = [10, 1_000, 100_000] as const;
/** The time over which the load grows in the simulation, in seconds. */
export const GROW_SECONDS = 3_600;

const count = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
const usd = (value: number): string => value.toFixed(2);

type Row = [what: string, of: (need: Need) => string];

const ROWS: readonly Row[] = [
  ['turns a second', ({ turnsPerSecond }) => count(turnsPerSecond)],
  [
    'tasks by streams, by CPU, by memory',
    ({ tasks }) => `${tasks.byStreams}, ${tasks.byCpu}, ${tasks.byMemory}`,
  ],
  ['tasks needed', ({ tasks }) => count(tasks.needed)],
  ['streams that a task can carry', () => count(streamsOfTask())],
  [
    `streams with ${ENVIRONMENT.tasks.max} tasks, with ${ENVIRONMENT.mostTasks}`,
    () =>
      [ENVIRONMENT.tasks.max, ENVIRONMENT.mostTasks]
        .map((tasks) => count(tasks * streamsOfTask()))
        .join('; '),
  ],
  ['addresses of the NAT gateway', ({ natAddresses }) => String(natAddresses)],
  [
    'Firestore: reads, writes a second',
    ({ firestore }) => `${count(firestore.reads)}, ${count(firestore.writes)}`,
  ],
  ['minutes until Firestore has grown to it', ({ firestore }) => String(firestore.rampMinutes)],
  ['Gemini: requests a minute', ({ gemini }) => count(gemini.requestsPerMinute)],
  ['Gemini: tokens a minute', ({ gemini }) => count(gemini.tokensPerMinute)],
  ['USD an hour: tasks', ({ usdPerHour }) => usd(usdPerHour.tasks)],
  ['USD an hour: load balancer and NAT', ({ usdPerHour }) => usd(usdPerHour.network)],
  ['USD an hour: Firestore', ({ usdPerHour }) => usd(usdPerHour.firestore)],
  ['USD an hour: Gemini', ({ usdPerHour }) => usd(usdPerHour.gemini)],
  ['limits', ({ reached }) => reached.join('; ') || 'none'],
];

const SIMULATED: readonly [string, (of: Simulated) => string][] = [
  ['simulated: tasks', ({ tasks }) => String(tasks)],
  ['simulated: writes a second', ({ writesPerSecond }) => count(writesPerSecond)],
  ['simulated: most streams in one task', ({ mostInTask }) => count(mostInTask)],
  ['simulated: seconds with too little CPU', ({ overloadedSeconds }) => count(overloadedSeconds)],
];

/** The table of docs/scale.md, in Markdown. `random` is the simulation's random number generator. */
export function scaleTable(random: () => number): string {
  const needs = SIZES.map((size) => needOf(size));
  const runs = SIZES.map((size) => simulate(size, GROW_SECONDS, random));
  const lines = [
    ['streams at once', ...SIZES.map(count)],
    ['---', ...SIZES.map(() => '---')],
    ...ROWS.map(([what, of]) => [what, ...needs.map(of)]),
    ...SIMULATED.map(([what, of]) => [what, ...runs.map(of)]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
