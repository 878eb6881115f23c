import { expect, test } from 'bun:test';
import { rateInterval, SequentialTest, type SequentialOptions } from './sequential-test.ts';

const RUNS = 4_000;
/** Three standard errors of a share of about 0.05 in this number of runs. */
const SPREAD = 3 * Math.sqrt((0.05 * 0.95) / RUNS);

/** Park and Miller's generator: a fixed sequence of numbers from 0 to 1. */
function seeded(seed: number): () => number {
  let value = seed * 20_261_129;
  return () => (value = (value * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** The share of each decision for candidates with a given true rate. */
function simulate(options: SequentialOptions, trueRate: number, seed: number) {
  const random = seeded(seed);
  const told = { worse: 0, 'as good': 0, undecided: 0 };
  let trials = 0;
  for (let run = 0; run < RUNS; run++) {
    const sequential = new SequentialTest(options);
    while (!sequential.decision && sequential.trials < 5_000) sequential.add(random() < trueRate);
    told[sequential.decision ?? 'undecided']++;
    trials += sequential.trials;
  }
  return { ...told, meanTrials: trials / RUNS };
}

test.each([
  [0.95, 0.1, 0.05, 0.05],
  [0.99, 0.1, 0.05, 0.05],
  [0.8, 0.1, 0.05, 0.1],
  [0.6, 0.2, 0.01, 0.05],
])(
  'rate %p, worse by %p: false alarms and misses stay within alpha %p and beta %p',
  (rate, worseBy, alpha, beta) => {
    const options = { rate, worseBy, alpha, beta };
    const equal = simulate(options, rate, 1);
    const worse = simulate(options, rate - worseBy, 2);
    expect(equal.worse / RUNS).toBeLessThanOrEqual(alpha + SPREAD);
    expect(worse['as good'] / RUNS).toBeLessThanOrEqual(beta + SPREAD);
    expect(equal.undecided + worse.undecided).toBe(0);
    // The test must also reach a decision, and after few enough trials.
    const expected = SequentialTest.expectedTrials(options);
    expect(equal['as good'] / RUNS).toBeGreaterThanOrEqual(1 - alpha - SPREAD);
    expect(worse.worse / RUNS).toBeGreaterThanOrEqual(1 - beta - SPREAD);
    expect(equal.meanTrials).toBeLessThan(expected['as good'] * 1.3);
    expect(worse.meanTrials).toBeLessThan(expected.worse * 1.3);
  },
);

test('a better candidate is as good, a much worse one is found earlier, and no trial is counted after the decision', () => {
  const options = { rate: 0.9, worseBy: 0.1, alpha: 0.05, beta: 0.05 };
  expect(simulate(options, 0.97, 3).worse / RUNS).toBeLessThan(0.01);
  const [little, much] = [simulate(options, 0.8, 4), simulate(options, 0.5, 5)];
  expect(much.meanTrials).toBeLessThan(little.meanTrials / 2);
  const broken = new SequentialTest(options);
  for (let trial = 0; trial < 100; trial++) broken.add(false);
  expect([broken.decision, broken.trials < 10]).toEqual(['worse', true]);
});

test("a fixed-length test that is repeated after each trial has more false alarms than it states; Wald's test does not", () => {
  // The counterexample stops as soon as the failures would be significant at 5 % in a test of fixed length.
  const random = seeded(6);
  const [rate, alpha] = [0.9, 0.05];
  let alarms = 0;
  for (let run = 0; run < RUNS; run++) {
    let passed = 0;
    for (let trial = 1; trial <= 200; trial++) {
      if (random() < rate) passed++;
      const z = (rate * trial - passed) / Math.sqrt(trial * rate * (1 - rate));
      if (trial >= 10 && z > 1.645) {
        alarms++;
        break;
      }
    }
  }
  expect(alarms / RUNS).toBeGreaterThan(3 * alpha);
});

test('rates without a possible decision are refused; the interval of a measured rate contains the rate', () => {
  for (const [rate, worseBy] of [
    [0.1, 0.1],
    [1, 0.1],
    [0.5, 0],
  ] as const)
    expect(() => new SequentialTest({ rate, worseBy, alpha: 0.05, beta: 0.05 })).toThrow(RangeError);
  const { low, high } = rateInterval(95, 100);
  expect([low.toFixed(2), high.toFixed(2)]).toEqual(['0.89', '0.98']);
});
