import type { Must, Checks } from '../check.ts';
import { NAME, sameSet } from '../facts.ts';
import type { Reader } from '../../plan/reader.ts';

/** What people may expect, in per cent of their turns, and from which figures of the service that is told. */
const OBJECTIVES: Readonly<
  Record<string, { percent: number; section: string; metrics: Record<string, string>; share: string }>
> = {
  turns: {
    percent: 99.5,
    section: 'Turns fail',
    metrics: { bad: 'TurnErrors Sum', all: 'Turns Sum' },
    share: 'IF(bad >= 5, 100 * bad / all, 0)',
  },
  'first-token': {
    percent: 99,
    section: 'Answers begin late',
    metrics: { late: 'TimeToFirstToken PR(5000:)', all: 'TimeToFirstToken SampleCount' },
    share: 'IF(late * all >= 500, late, 0)',
  },
};

/** Burn rates and windows in seconds of https://sre.google/workbook/alerting-on-slos/ (table 5-8); the third is a ticket's. */
const PAIRS = {
  fast: { rate: 14.4, long: 3_600, short: 300 },
  slow: { rate: 6, long: 21_600, short: 1_800 },
};

export const objectives: Checks = {
  // An objective without an alarm is a wish; one with a single window rings too late, or long after it is over.
  'watch/burn-rates': ({ staging }, must) => {
    const topic = staging.arn('aws_sns_topic.alarms');
    const wanted = Object.keys(OBJECTIVES).flatMap((name) =>
      Object.keys(PAIRS).map((speed) => `${name}-${speed}`),
    );
    const pairs = staging.all('aws_cloudwatch_composite_alarm.burn');
    must(
      sameSet(
        pairs.map(({ key = '' }) => key),
        wanted,
      ),
      'An objective has no alarm, or one too many.',
    );
    for (const pair of pairs) {
      const [name, speed] = split(pair.key);
      const objective = OBJECTIVES[name];
      const rates = PAIRS[speed as keyof typeof PAIRS];
      if (!objective || !rates) continue;
      const { address, key = '' } = pair;
      must(pair.text('alarm_name') === `${NAME}-burn-${key}`, `${address} has another's name.`);
      must(
        pair.text('alarm_rule') ===
          `ALARM("${NAME}-burn-${key}-long") AND ALARM("${NAME}-burn-${key}-short")`,
        `${address} does not watch its two windows.`,
      );
      must(sameSet(pair.texts('alarm_actions'), [topic]), `${address} tells nobody.`);
      must(sameSet(pair.texts('ok_actions'), [topic]), `${address} does not say that it is over.`);
      const says = pair.text('alarm_description');
      must(
        says.includes(`${objective.percent} %`) && says.includes(`${rates.rate} times`),
        `${address} tells another objective than it watches.`,
      );
      must(says.endsWith(`See docs/operations.md, "${objective.section}".`), `${address} names no help.`);
      for (const window of ['long', 'short'] as const) {
        const half = staging.one(`aws_cloudwatch_metric_alarm.burn["${key}-${window}"]`);
        must(
          half.text('alarm_name') === `${NAME}-burn-${key}-${window}`,
          `${half.address} has another's name.`,
        );
        must(
          Math.abs(half.number('threshold') - rates.rate * (100 - objective.percent)) < 1e-6,
          `${half.address} rings at another rate than ${rates.rate}.`,
        );
        mustMeasure(must, half, objective, rates[window]);
      }
    }
    must(
      staging.all('aws_cloudwatch_metric_alarm.burn').length === 2 * wanted.length,
      'There is a half without a pair.',
    );
  },
};

function mustMeasure(
  must: Must,
  half: Reader,
  { metrics, share, section }: { metrics: Record<string, string>; share: string; section: string },
  seconds: number,
): void {
  const { address } = half;
  must(half.number('evaluation_periods') === 1, `${address} has more than one window.`);
  must(half.text('comparison_operator') === 'GreaterThanThreshold', `${address} compares the other way.`);
  must(half.text('treat_missing_data') === 'notBreaching', `${address} takes silence for failure.`);
  const says = half.text('alarm_description');
  must(
    says.includes(` ${seconds / 60} minutes`) && says.endsWith(`See docs/operations.md, "${section}".`),
    `${address} tells something else than it watches.`,
  );
  const queries = half.blocks('metric_query');
  const figures = queries.filter((query) => query.blocks('metric').length > 0);
  must(
    sameSet(
      figures.map((query) => {
        const metric = query.block('metric');
        must(metric.number('period') === seconds, `${address} looks at another window.`);
        must(metric.text('namespace') === 'Lornu/Agent', `${address} asks somebody else.`);
        must(
          metric.keys('dimensions').join(',') === 'Environment' &&
            metric.text('dimensions.Environment') === 'staging',
          `${address} asks for another environment.`,
        );
        must(!query.flag('return_data'), `${address} watches a part.`);
        return `${query.text('id')} ${metric.text('metric_name')} ${metric.text('stat')}`;
      }),
      Object.entries(metrics).map(([id, metric]) => `${id} ${metric}`),
    ),
    `${address} measures something else.`,
  );
  const [watched, ...more] = queries.filter((query) => query.blocks('metric').length === 0);
  must(more.length === 0, `${address} computes more than a share.`);
  must(watched?.text('id') === 'share', `${address} watches another value.`);
  must(watched?.text('expression') === share, `${address} computes another share.`);
  must(watched?.text('label') === 'Bad turns, %', `${address} is labelled as something else.`);
  must(watched?.flag('return_data') === true, `${address} watches nothing.`);
}

/** `first-token-fast` into its objective and its speed. */
function split(key = ''): [string, string] {
  const at = key.lastIndexOf('-');
  return [key.slice(0, at), key.slice(at + 1)];
}
