import { expect, test } from 'bun:test';
import { EmfMetrics } from './emf-metrics.ts';

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
test('a line is valid EMF, and everything is counted once', () => {
  const lines: string[] = [];
  const metrics = new EmfMetrics({
    environment: 'staging',
    now: () => 1_795_422_375_123.4,
    write: (line) => lines.push(line),
  });
  metrics.streams(1);
  metrics.streams(1);
  metrics.streams(-1);
  metrics.turn({ failed: false });
  metrics.turn({ failed: true });
  metrics.timeToFirstToken(12.34);
  metrics.tokens({ input: 10, output: 5, costUsd: 0.000_012_3 });
  metrics.flush();
  metrics.flush();

  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      _aws: {
        Timestamp: 1_795_422_375_123,
        CloudWatchMetrics: [
          {
            Namespace: 'Lornu/Agent',
            Dimensions: [['Environment']],
            Metrics: [
              { Name: 'ActiveStreams', Unit: 'Count' },
              { Name: 'Turns', Unit: 'Count' },
              { Name: 'TurnErrors', Unit: 'Count' },
              { Name: 'Tokens', Unit: 'Count' },
              { Name: 'ModelCost', Unit: 'None' },
              { Name: 'TimeToFirstToken', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Environment: 'staging',
      ActiveStreams: 2,
      Turns: 2,
      TurnErrors: 1,
      Tokens: 15,
      ModelCost: 0.000_012,
      TimeToFirstToken: [12.3],
    },
    expect.objectContaining({ ActiveStreams: 1, Turns: 0, TurnErrors: 0, Tokens: 0, ModelCost: 0 }),
  ]);
  expect(lines[1]).not.toContain('TimeToFirstToken');
});

test('turns of a shadow candidate are counted once one was chosen, and not named before', () => {
  const lines: string[] = [];
  const metrics = new EmfMetrics({ environment: 'e', now: Date.now, write: (line) => lines.push(line) });
  metrics.flush();
  for (const outcome of ['same', 'harmless', 'changed', 'failed', 'dropped', 'skipped'] as const)
    metrics.shadow(outcome);
  metrics.flush();
  metrics.flush();
  expect(lines[0]).not.toContain('Shadow');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    ShadowTurns: 3,
    ShadowChanged: 1,
    ShadowFailed: 1,
    ShadowDropped: 2,
  });
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ ShadowTurns: 0, ShadowDropped: 0 });
});

test('a line never holds more values than CloudWatch takes', () => {
  const lines: string[] = [];
  const metrics = new EmfMetrics({ environment: 'e', now: Date.now, write: (line) => lines.push(line) });
  for (let i = 0; i < 500; i++) metrics.timeToFirstToken(i);
  metrics.flush();
  expect((JSON.parse(lines[0] ?? '') as { TimeToFirstToken: number[] }).TimeToFirstToken).toHaveLength(100);
});

test.each([
  ['a fault', 'Faults', (metrics: EmfMetrics) => metrics.fault()],
  ['a lost turn', 'LostTurns', (metrics: EmfMetrics) => metrics.lostTurn()],
] as const)('%s is written at once, in a line without the collected figures', (_what, name, happen) => {
  const lines: string[] = [];
  const metrics = new EmfMetrics({ environment: 'e', now: () => 1, write: (line) => lines.push(line) });
  metrics.streams(1);
  happen(metrics);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      _aws: {
        Timestamp: 1,
        CloudWatchMetrics: [
          {
            Namespace: 'Lornu/Agent',
            Dimensions: [['Environment']],
            Metrics: [{ Name: name, Unit: 'Count' }],
          },
        ],
      },
      Environment: 'e',
      [name]: 1,
    },
  ]);
});
