import { EFFICIENCY_METRICS } from './eval-set.ts';
import { JUDGED_METRICS } from './judge.ts';
import { EVALUATORS } from './metrics.ts';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  tool_trajectory_avg_score:
    'The share of turns whose tool calls are the expected ones: exact, in order or in any order.',
  response_match_score: 'How many words the final response and the expected one have in common (ROUGE-1).',
  tool_call_count_v1: 'Tool calls a turn.',
  inference_call_count_v1: 'Model calls a turn.',
  token_usage_v1: 'Tokens a turn.',
  invocation_duration_v1: 'Seconds a turn.',
};

/** The available metrics, in the form of google-adk's MetricInfo. */
export const METRICS_INFO = [...EVALUATORS.keys(), ...JUDGED_METRICS].map((metricName) => {
  const isInformational = EFFICIENCY_METRICS.includes(metricName);
  return {
    metricName,
    description: DESCRIPTIONS[metricName] ?? 'A model judges it.',
    metricValueInfo: isInformational
      ? {}
      : { interval: { minValue: 0, openAtMin: false, maxValue: 1, openAtMax: false } },
    requiresThreshold: !isInformational,
  };
});
