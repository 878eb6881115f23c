"""google-adk's own evaluation: reads a JSON list of requests from standard input, answers with a list.

{"rouge": [[candidate, reference], ...]}         the response match of each pair
{"results": RESULT, "config": CONFIG}            all metrics of an eval set's result, evaluated anew
{"adk_eval": [AGENT, SET, CONFIG]}               `adk eval` as it is; gives the result that it kept
"""

from __future__ import annotations

import asyncio
import importlib.machinery
import inspect
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

# Only metrics judged by Vertex AI need these 500 MB, and none is used here; google-adk imports them anyway.
for name in ("pandas", "agentplatform", "vertexai"):
    sys.modules[name] = MagicMock(name=name, __spec__=importlib.machinery.ModuleSpec(name, None))

from google.adk.evaluation.eval_config import EvalConfig, get_eval_metrics_from_config  # noqa: E402
from google.adk.evaluation.eval_result import EvalSetResult  # noqa: E402
from google.adk.evaluation.final_response_match_v1 import _calculate_rouge_1_scores  # noqa: E402
from google.adk.evaluation.metric_evaluator_registry import DEFAULT_METRIC_EVALUATOR_REGISTRY  # noqa: E402


async def evaluate(result: EvalSetResult, config: EvalConfig) -> dict[str, dict[str, Any]]:
    """Scores and statuses by case and metric, of the whole case and of each invocation."""
    answer: dict[str, dict[str, Any]] = {}
    for case in result.eval_case_results:
        actual = [one.actual_invocation for one in case.eval_metric_result_per_invocation]
        expected = [one.expected_invocation for one in case.eval_metric_result_per_invocation]
        scores: dict[str, Any] = {}
        for metric in get_eval_metrics_from_config(config):
            evaluator = DEFAULT_METRIC_EVALUATOR_REGISTRY.get_evaluator(metric)
            verdict = evaluator.evaluate_invocations(actual, expected)
            if inspect.isawaitable(verdict):
                verdict = await verdict
            each = verdict.per_invocation_results
            scores[metric.metric_name] = {
                "overall": [verdict.overall_score, verdict.overall_eval_status.value],
                "perInvocation": [[one.score, one.eval_status.value] for one in each],
                "rubrics": [
                    [one.rubric_id, one.score] for one in verdict.overall_rubric_scores or []
                ],
                "tokens": verdict.overall_token_usage_details
                and verdict.overall_token_usage_details.model_dump(by_alias=True),
            }
        answer[case.eval_id] = scores
    return answer


def adk_eval(agent: str, eval_set: str, config: str) -> object:
    from google.adk.cli.cli_tools_click import main

    try:
        main(["eval", agent, eval_set, "--config_file_path", config, "--log_level", "error"])
    except SystemExit as end:
        # 1 means that cases failed.
        if end.code not in (0, 1, None):
            raise
    (kept,) = Path(agent, ".adk/eval_history").glob("*.json")
    return json.loads(kept.read_text())


def answer(request: dict[str, Any]) -> object:
    if "rouge" in request:
        return [_calculate_rouge_1_scores(*pair).fmeasure for pair in request["rouge"]]
    if "adk_eval" in request:
        return adk_eval(*request["adk_eval"])
    result = EvalSetResult.model_validate(request["results"])
    return asyncio.run(evaluate(result, EvalConfig.model_validate(request["config"])))


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    json.dump([answer(request) for request in json.load(sys.stdin)], out)
