import { expect, test } from 'bun:test';
import { drawStatusChart } from './status-chart.ts';

const status = {
  environment: 'staging',
  region: 'eu-central-1',
  revision: '3f2a91c',
  dependencies: [
    { name: 'sessions', state: 'ok', durationMs: 0.4 },
    { name: 'model', state: 'failed', durationMs: 1200 },
  ],
};

test("each dependency's bar is as long as its time, in the colour of its state", () => {
  const bars = [...drawStatusChart(status).matchAll(/<rect x="170"[^>]* width="(\d+)"[^>]* fill="(#\w+)"/gu)];
  expect(bars.map(([, width, fill]) => [width, fill])).toEqual([
    ['3', '#0b6b62'],
    ['330', '#b3261e'],
  ]);
});

test('it also has the values as text, and where they were measured', () => {
  const words = [...drawStatusChart(status).matchAll(/<text[^>]*>([^<]*)</gu)].map(([, content]) => content);
  expect(words).toEqual([
    'Dependencies: time to answer',
    'staging · eu-central-1 · revision 3f2a91c',
    'sessions',
    '0.4 ms',
    'model',
    '1200 ms, failed',
  ]);
});

test('no name can become markup', () => {
  const chart = drawStatusChart({ dependencies: [{ name: '<script>', state: '"><x', durationMs: 1 }] });
  expect(chart).not.toContain('<script>');
  expect(chart).not.toContain('<x');
});

test('without data the chart is empty but valid', () => {
  expect(drawStatusChart({ error: 'The environment is not known where this agent runs.' })).toEndWith(
    '</svg>',
  );
});
