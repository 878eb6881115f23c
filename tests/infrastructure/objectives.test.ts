import { describe, expect, test } from 'bun:test';
import { evaluateAlarm } from '@lornu/rehearsal/alarms/evaluate-alarm.ts';
import { compositeRule, metricMath } from '@lornu/rehearsal/alarms/metric-math.ts';
import { getDocuments, ROOT } from './plan/documents.ts';
import { readEnvironment } from './plan/environment.ts';
import type { Reader } from './plan/reader.ts';
import { view } from './plan/view.ts';

// The alarms on objectives as they were applied, evaluated by CloudWatch's rules over minutes that a test makes up. Such an
// alarm is evaluated every minute over the window that ends then; here a minute takes no time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html

const LATE_MS = 5_000;

/** What the service reports of one minute. */
interface Minute {
  turns: number;
  failed: number;
  /** Turns whose first frame came after 5 s. */
  late: number;
  lost?: number;
}

/** The figures of a window, each in a running sum so that a day costs little. */
class History {
  readonly #sums = [{ turns: 0, failed: 0, late: 0, lost: 0 }];

  add({ turns, failed, late, lost = 0 }: Minute): void {
    const last = this.#sums.at(-1)!;
    this.#sums.push({
      turns: last.turns + turns,
      failed: last.failed + failed,
      late: last.late + late,
      lost: last.lost + lost,
    });
  }

  /** A statistic of a metric over the last minutes; undefined where nothing was reported. */
  read(metric: string, stat: string, minutes: number): number | undefined {
    const now = this.#sums.at(-1)!;
    const then = this.#sums.at(Math.max(0, this.#sums.length - 1 - minutes))!;
    const of = (name: keyof typeof now) => now[name] - then[name];
    switch (`${metric} ${stat}`) {
      case 'Turns Sum':
        return of('turns');
      case 'TurnErrors Sum':
        return of('failed');
      // Written when there is one.
      case 'LostTurns Sum':
        return of('lost') || undefined;
      case 'TimeToFirstToken SampleCount':
        return of('turns') || undefined;
      case `TimeToFirstToken PR(${LATE_MS}:)`:
        return of('turns') === 0 ? undefined : (100 * of('late')) / of('turns');
      default:
        throw new Error(`${metric} ${stat} is reported by nobody`);
    }
  }
}

const { staging } = view(readEnvironment(await getDocuments()));

/** Which alarms of the objectives ring after each minute. */
function ringing(history: History): string[] {
  const states = new Map<string, boolean>();
  for (const alarm of staging.ofType('aws_cloudwatch_metric_alarm')) {
    if (!/\.(burn\[|lost_turns$)/.test(alarm.address)) continue;
    const { state } = evaluateAlarm(
      {
        evaluationPeriods: alarm.number('evaluation_periods'),
        datapointsToAlarm: alarm.number('evaluation_periods'),
        comparisonOperator: alarm.text('comparison_operator'),
        threshold: alarm.number('threshold'),
        treatMissingData: alarm.text('treat_missing_data'),
      },
      [valueOf(alarm, history)],
      'OK',
    );
    states.set(alarm.text('alarm_name'), state === 'ALARM');
  }
  const known = (name: string): boolean => {
    const state = states.get(name);
    if (state === undefined) throw new Error(`there is no alarm ${name}`);
    return state;
  };
  const pairs = staging
    .all('aws_cloudwatch_composite_alarm.burn')
    .filter((pair) => compositeRule(pair.text('alarm_rule'), known))
    .map(({ key = '' }) => key);
  return [...pairs, ...(known('lornu-staging-lost-turns') ? ['lost-turns'] : [])];
}

function valueOf(alarm: Reader, history: History): number | undefined {
  const queries = alarm.blocks('metric_query');
  if (queries.length === 0)
    return history.read(alarm.text('metric_name'), alarm.text('statistic'), alarm.number('period') / 60);
  const values: Record<string, number | undefined> = {};
  for (const query of queries) {
    const [metric] = query.blocks('metric');
    if (metric)
      values[query.text('id')] = history.read(
        metric.text('metric_name'),
        metric.text('stat'),
        metric.number('period') / 60,
      );
  }
  const watched = queries.find((query) => query.blocks('metric').length === 0)!;
  return metricMath(watched.text('expression'), values);
}

const QUIET: Minute = { turns: 10, failed: 0, late: 0 };
const HOUR = 60;

/** How many minutes after its begin the first alarm rings, and which; the hours before it were quiet. */
function firstRing(
  incident: (minute: number) => Minute,
  withinMinutes: number,
): [string[], number] | undefined {
  const history = new History();
  for (let minute = 0; minute < 6 * HOUR; minute++) history.add(QUIET);
  expect(ringing(history)).toEqual([]);
  for (let minute = 1; minute <= withinMinutes; minute++) {
    history.add(incident(minute));
    const alarms = ringing(history);
    if (alarms.length > 0) return [alarms, minute];
  }
  return undefined;
}

/** Minutes until a share of bad turns that begins now has passed the bound of a window that was good before. */
const minutesUntil = (boundPercent: number, windowMinutes: number, badPercent: number): number =>
  Math.floor((boundPercent / badPercent) * windowMinutes) + 1;
const turnsFail =
  (percent: number, turns = 100) =>
  () => ({ turns, failed: (turns * percent) / 100, late: 0 });
const turnsAreLate =
  (percent: number, turns = 100) =>
  () => ({ turns, failed: 0, late: (turns * percent) / 100 });

// Ten turns a minute were made before, a hundred come now; so the window before counts a tenth, and alarms ring earlier.
const alike = (make: (percent: number, turns?: number) => () => Minute) => (percent: number) =>
  make(percent, 10);

describe('an incident rings within the time that follows from objective, rate and window', () => {
  test.each<[string, () => Minute, string, number]>([
    ['every turn fails', alike(turnsFail)(100), 'turns-fast', minutesUntil(7.2, HOUR, 100)],
    ['half of the turns fail', alike(turnsFail)(50), 'turns-fast', minutesUntil(7.2, HOUR, 50)],
    ['a fifth of the turns fails', alike(turnsFail)(20), 'turns-fast', minutesUntil(7.2, HOUR, 20)],
    ['one turn in ten fails', alike(turnsFail)(10), 'turns-fast', minutesUntil(7.2, HOUR, 10)],
    ['one turn in twenty fails', turnsFail(5, 20), 'turns-slow', minutesUntil(3, 6 * HOUR, 5)],
    ['one turn in twenty-five fails', turnsFail(4, 25), 'turns-slow', minutesUntil(3, 6 * HOUR, 4)],
    ['every answer begins late', alike(turnsAreLate)(100), 'first-token-fast', minutesUntil(14.4, HOUR, 100)],
    [
      'half of the answers begin late',
      alike(turnsAreLate)(50),
      'first-token-fast',
      minutesUntil(14.4, HOUR, 50),
    ],
    [
      'a fifth of the answers begins late',
      alike(turnsAreLate)(20),
      'first-token-fast',
      minutesUntil(14.4, HOUR, 20),
    ],
    [
      'one answer in ten begins late',
      alike(turnsAreLate)(10),
      'first-token-slow',
      minutesUntil(6, 6 * HOUR, 10),
    ],
    ['a turn is lost', () => ({ ...QUIET, lost: 1 }), 'lost-turns', 1],
    // Five failures of one turn a minute, over an hour in which hardly anybody asked.
    ['everything fails and few people ask', turnsFail(100, 1), 'turns-fast', 44],
  ])('%s', (_what, incident, alarm, withinMinutes) => {
    const [alarms, minute] = firstRing(incident, withinMinutes) ?? [[], Infinity];
    expect(alarms).toContain(alarm);
    expect(minute).toBeLessThanOrEqual(withinMinutes);
    // Nor long before: an alarm that rings at the first failure is switched off by who hears it.
    if (alarm !== 'lost-turns') expect(minute).toBeGreaterThan(2);
  });

  test('and is over soon after it', () => {
    const history = new History();
    for (let minute = 0; minute < 6 * HOUR; minute++) history.add(QUIET);
    for (let minute = 0; minute < 10; minute++) history.add(turnsFail(100, 10)());
    expect(ringing(history)).toContain('turns-fast');
    for (let minute = 0; minute < 31; minute++) history.add(QUIET);
    expect(ringing(history)).toEqual([]);
  });
});

test('24 quiet hours ring nothing: day and night, single failures, a slow minute, a deploy', () => {
  const history = new History();
  const random = seeded(98_236_591);
  const rang: [number, string[]][] = [];
  let [turnsSeen, failuresSeen] = [0, 0];
  for (let minute = 0; minute < 24 * HOUR; minute++) {
    const isNight = minute < 7 * HOUR;
    const turns = isNight ? Number(random() < 0.2) : Math.round(5 + 10 * random());
    // Half of what the objective allows by day; at night one of a handful, now and then.
    const share = isNight ? 0.02 : 0.0025;
    const count = (probability: number): number =>
      Array.from({ length: turns }).filter(() => random() < probability).length;
    const isDeploy = minute === 15 * HOUR;
    const late = isDeploy || minute === 11 * HOUR ? Math.ceil(turns / 2) : count(0.004);
    const failed = isDeploy ? 1 : count(share);
    history.add({ turns, failed, late });
    turnsSeen += turns;
    failuresSeen += failed;
    const alarms = ringing(history);
    if (alarms.length > 0) rang.push([minute, alarms]);
  }
  expect(rang).toEqual([]);
  expect([turnsSeen > 5_000, failuresSeen > 10]).toEqual([true, true]);
});

test('every alarm names a section of docs/operations.md that is there', async () => {
  const page = await Bun.file(`${ROOT}/docs/operations.md`).text();
  const alarms = [
    ...staging.ofType('aws_cloudwatch_metric_alarm'),
    ...staging.ofType('aws_cloudwatch_composite_alarm'),
  ];
  expect(alarms.length).toBeGreaterThan(15);
  const sections = alarms.map(
    (alarm) => /operations\.md, "([^"]+)"/.exec(alarm.text('alarm_description'))?.[1],
  );
  const missing = sections.filter((section) => !new RegExp(`^### ${section}$`, 'm').test(page));
  expect(missing).toEqual([]);
});

/** Numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
